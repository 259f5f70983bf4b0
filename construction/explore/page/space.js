// The sheet in space: height is the logarithm of g. Painted from the back to the front, curves too.

const VIEW = { turn: 0.4, tilt: 0.6, height: 0.62, width: 1.6 };
/** Turns and tilts, those before preferred where as much is seen. */
const SIDES = [
  [0.4, 0.6], [0.4, 0.95], [-0.4, 0.6], [-0.4, 0.95], [0.4, 1.25],
  [Math.PI - 0.4, 0.7], [Math.PI + 0.4, 0.7],
];

/** From lambda, c and g to pixels and depth, so that all of a turned box is seen. */
function viewOf(picture, survey, view) {
  const [ct, st] = [Math.cos(view.turn), Math.sin(view.turn)];
  const [cp, sp] = [Math.cos(view.tilt), Math.sin(view.tilt)];
  const turned = (x, y, z) => {
    const [u, back] = [x * ct - y * st, x * st + y * ct];
    return [u, -back * sp - z * cp, back * cp - z * sp];
  };
  const turnedPoint = (lam, c, g) => {
    const height = clamped(survey.share(g), 0, 1), along = bent(c) / bent(survey.far);
    return turned(view.width * (lam - 0.5), along - 0.5, view.height * (height - 0.5));
  };
  const seen = gridOf(survey, 8).map((one) => turnedPoint(one.lam, one.c, one.g));
  const ends = [0, 1].map((k) => seen.map((one) => one[k]));
  const [left, top] = ends.map((one) => Math.min(...one));
  const [right, low] = ends.map((one) => Math.max(...one));
  const size = Math.min((picture.width - 90) / (right - left), (picture.height - 56) / (low - top));
  const x = picture.width / 2 - ((left + right) / 2) * size;
  const y = picture.height / 2 + 2 - ((top + low) / 2) * size;
  return (lam, c, g) => {
    const [u, v, depth] = turnedPoint(lam, c, g);
    return [x + u * size, y + v * size, depth];
  };
}

/** Points of the survey, each `skip`-th both ways. */
function gridOf(survey, skip) {
  const grid = [];
  for (let i = 0; i < ACROSS; i += skip) {
    for (let j = 0; j < UP; j += skip) {
      const c = unbent((bent(survey.far) * j) / (UP - 1));
      grid.push({ lam: i / (ACROSS - 1), c, g: survey.values[i * UP + j] });
    }
  }
  return grid;
}

/** The view, of a few, from which most of a path is seen. */
function clearestView(picture, state) {
  const { survey, path } = state, points = thinned(path.points, 50);
  let best = VIEW, most = -1;
  for (const [turn, tilt] of SIDES) {
    const view = { ...VIEW, turn, tilt }, place = viewOf(picture, survey, view);
    const grid = gridOf(survey, 2).filter((one) => survey.share(one.g) <= 1)
      .map((one) => place(one.lam, one.c, one.g));
    const hidden = ([x, y, depth]) => grid.some((one) =>
      one[2] < depth - 0.12 && Math.abs(one[0] - x) < 6 && Math.abs(one[1] - y) < 6);
    const seen = points.filter((one) => !hidden(place(one.lam, one.c, one.value))).length;
    if (seen > most) [best, most] = [view, seen];
  }
  return best;
}

/** The part of a polygon below the top of the box, straight across its edges. */
function cutOff(survey, corners) {
  const kept = [], at = corners.map((one) => survey.share(one.g));
  corners.forEach((one, k) => {
    const next = (k + 1) % corners.length, other = corners[next];
    if (at[k] <= 1) kept.push(one);
    if ((at[k] <= 1) !== (at[next] <= 1)) {
      const share = (1 - at[k]) / (at[next] - at[k]);
      const between = (key) => one[key] + share * (other[key] - one[key]);
      kept.push({ lam: between("lam"), c: between("c"), g: survey.high });
    }
  });
  return kept;
}

/** Draws the surface with its curves; returns the points of its grid, for the pointer. */
function drawSpace(picture, { sheet, survey, path, lam, c, route, point }, view) {
  if (route.missing) return null;
  picture.begin();
  const place = viewOf(picture, survey, view), items = [], grid = gridOf(survey, 2);
  const [across, up] = [(ACROSS - 1) / 2, (UP - 1) / 2];
  for (const one of grid) one.at = place(one.lam, one.c, one.g);
  for (let i = 0; i < across; i++) {
    for (let j = 0; j < up; j++) {
      const k = i * (up + 1) + j, four = [grid[k], grid[k + up + 1], grid[k + up + 2], grid[k + 1]];
      const seen = cutOff(survey, four);
      if (!seen.length) continue;
      const quad = seen.map((one) => one.at ?? place(one.lam, one.c, one.g));
      const mean = (of) => seen.reduce((sum, one, n) => sum + of(one, n), 0) / seen.length;
      const share = mean((one) => survey.share(one.g));
      items.push({ depth: mean((_, n) => quad[n][2]), quad, fill: lit(survey, share, four) });
    }
  }
  const curve = (points, colour, width) => {
    const placed = points.map((one) =>
      place(one.lam, one.c, one.value ?? sheet.value(one.lam, one.c)));
    for (let k = 0; k + 1 < placed.length; k++) {
      const [from, to] = [placed[k], placed[k + 1]];
      items.push({ depth: (from[2] + to[2]) / 2 - 0.03, from, to, colour, width });
    }
  };
  const shares = Array.from({ length: 61 }, (_, k) => k / 60), { colours: ink } = picture;
  curve(shares.map((at) => ({ lam: at, c: 1 })), "#7cc8ff", 2.5);
  curve(shares.map((at) => ({ lam: at, c: 0, value: sheet.zero })), ink.zero, 3);
  const ray = shares.map((at) => ({ lam, c: unbent(at * bent(survey.far)) }));
  curve(ray.filter((one) => sheet.value(lam, one.c) <= survey.high), "#ffffff", 1.5);
  curve(thinned(path.points, 200), "#ffb43c", 3.5);
  items.sort((one, other) => other.depth - one.depth);
  for (const item of items) paint(picture, item);
  const dot = place(lam, Math.min(c, survey.far), heightAt({ sheet, lam, c, point }));
  picture.dot(dot, "#ffffff", 9);
  picture.dot(dot, "#b3261e", 5);
  named(picture, place, sheet, survey);
  return { grid, dot };
}

function paint(picture, item) {
  const { pen } = picture;
  pen.beginPath();
  if (item.quad) {
    item.quad.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = item.fill;
    pen.fill();
    picture.stroke(item.fill, 0.7, []);
  } else {
    pen.moveTo(item.from[0], item.from[1]);
    pen.lineTo(item.to[0], item.to[1]);
    pen.lineCap = "round";
    picture.stroke(item.colour, item.width, []);
  }
}

/** The colour of a height, lighter where the surface rises towards the light. */
function lit(survey, share, four) {
  const [a, b, c, d] = four.map((one) => survey.share(one.g));
  const slope = ((b + c - a - d) * ACROSS) / 8 - ((c + d - a - b) * UP) / 16;
  const light = clamped(0.92 + 0.12 * slope, 0.72, 1.12);
  const parts = viridis(share).map((part) => Math.min(255, Math.round(part * light)));
  return `rgb(${parts.join(",")})`;
}

/** About so many points of a path, and all at one lambda. */
function thinned(points, count) {
  const step = Math.ceil(points.length / count);
  return points.filter((_, k) => k % step === 0 || k === points.length - 1 ||
    points[k].lam === points[k + 1].lam);
}

function named(picture, place, sheet, survey) {
  const { ink, zero, empirical } = picture.colours;
  const write = (text, [x, y], right, down, colour) =>
    picture.words(text, x + right, y + down, colour, "center");
  const out = place(0, 0, sheet.zero)[0] < place(1, 0, sheet.zero)[0] ? 1 : -1;
  const down = out > 0 ? 20 : -10;
  write("λ = 0", place(0, 0, sheet.zero), -6 * out, down, ink);
  write("λ = 1", place(1, 0, sheet.zero), 6 * out, down, ink);
  write("c = 0: L(0)", place(0.5, 0, sheet.zero), 0, down, zero);
  write("c = 1", place(0, 1, sheet.value(0, 1)), -24 * out, 4, empirical);
  picture.words(survey.logarithmic ? "height: log g" : "height: g", 4, 16, ink);
}
