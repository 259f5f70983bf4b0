// The sheet seen from above: lambda across, c upwards, colour by the logarithm of g.

const ACROSS = 81, UP = 61;

/** g on an even grid of the map, with what is common to the pictures of one sheet. */
function surveyed(sheet, known, route) {
  const levels = levelsOf(sheet), start = levels.zero + levels.initial, values = [];
  const scales = Object.values(route.journeys).map((one) => Math.max(...one.scale));
  const reach = known ? sheet.farthest(levels.initial) : 1.15 * Math.max(...scales);
  const far = Math.max(reach, 1.2);
  let lowest = start;
  for (let i = 0; i < ACROSS; i++) {
    const lam = i / (ACROSS - 1);
    lowest = Math.min(lowest, sheet.minimum(lam), sheet.value(lam, 1));
    for (let j = 0; known && j < UP; j++) {
      values.push(sheet.value(lam, unbent((bent(far) * j) / (UP - 1))));
    }
  }
  return { far, values, ...heightsOf(lowest, Math.max(start, sheet.zero)) };
}

/** Objectives from low to high, logarithmic where none is negative, and their share of the way. */
function heightsOf(lowest, top) {
  const logarithmic = top > 0 && lowest > -1e-9 * top, bend = logarithmic ? Math.log : (x) => x;
  const low = logarithmic ? Math.max(lowest, 1e-5 * top) : lowest;
  const high = logarithmic ? 1.6 * top : top + 0.3 * (top - lowest);
  const share = (g) => (bend(Math.max(g, low)) - bend(low)) / (bend(high) - bend(low));
  const levels = Array.from({ length: 16 }, (_, k) =>
    logarithmic ? top * 2 ** (1 - k) : low + ((k + 0.5) / 16) * (high - low));
  const scale = logarithmic ? [Math.log, Math.exp] : [];
  return { low, high, share, levels, logarithmic, scale };
}

/** The colours once, as a small picture that is then stretched. */
function painted(survey) {
  const paint = document.createElement("canvas");
  [paint.width, paint.height] = [ACROSS, UP];
  const pen = paint.getContext("2d"), image = pen.createImageData(ACROSS, UP);
  for (let i = 0; i < ACROSS; i++) {
    for (let j = 0; j < UP; j++) {
      const colour = viridis(survey.share(survey.values[i * UP + j]));
      image.data.set([...colour, 255], 4 * ((UP - 1 - j) * ACROSS + i));
    }
  }
  pen.putImageData(image, 0, 0);
  return paint;
}

/** Where g has a value, as pieces of straight lines across the cells of the grid. */
function contour(survey, level) {
  const pieces = [], cut = (p, q) => {
    const share = (level - p[2]) / (q[2] - p[2]);
    return [p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])];
  };
  const corner = (i, j) => [i, j, survey.values[i * UP + j]];
  for (let i = 0; i + 1 < ACROSS; i++) {
    for (let j = 0; j + 1 < UP; j++) {
      const [a, b, c, d] = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
      for (const triangle of [[a, b, c], [a, c, d]]) {
        const ends = [[0, 1], [1, 2], [2, 0]]
          .map(([p, q]) => [triangle[p], triangle[q]])
          .filter(([p, q]) => (p[2] < level) !== (q[2] < level))
          .map(([p, q]) => cut(p, q));
        if (ends.length === 2) pieces.push(...ends, null);
      }
    }
  }
  return pieces;
}

/** Draws the map; returns its axes. */
function drawMap(picture, { sheet, survey, path, lam, c, route }) {
  picture.begin();
  const [x, y] = axesOf(picture, [0, 1], [0, survey.far, bent, unbent]);
  const { pen, colours: ink } = picture;
  if (survey.values.length) survey.paint ??= painted(survey);
  const [dx, dy] = [(x.to - x.from) / (ACROSS - 1) / 2, (y.from - y.to) / (UP - 1) / 2];
  pen.save();
  pen.beginPath();
  pen.rect(x.from, y.to, x.to - x.from, y.from - y.to);
  pen.clip();
  const place = [x.from - dx, y.to - dy, x.to - x.from + 2 * dx, y.from - y.to + 2 * dy];
  if (survey.paint) pen.drawImage(survey.paint, ...place);
  const placed = ([i, j]) => [
    x.from + (i / (ACROSS - 1)) * (x.to - x.from), y.from - (j / (UP - 1)) * (y.from - y.to),
  ];
  survey.contours ??= survey.paint ? survey.levels.map((level) => contour(survey, level)) : [];
  for (const pieces of survey.contours) {
    picture.line(pieces.map((one) => one && placed(one)), "#ffffff66", { width: 1 });
  }
  const along = Array.from(sheet.lam);
  const inside = (c) => Math.min(c, 10 * survey.far);
  const best = along.map((at) => [x.pixel(at), y.pixel(inside(sheet.best(at)))]);
  picture.line(best, survey.paint ? "#ffffff" : ink.dim, { dash: [5, 4], width: 1.5 });
  picture.line([[x.from, y.pixel(1)], [x.to, y.pixel(1)]], "#7cc8ff", { halo: "#10203088" });
  const points = path.points.map((point) => [x.pixel(point.lam), y.pixel(point.c)]);
  picture.line(points, "#ffb43c", { width: 3, halo: "#102030aa" });
  pen.restore();
  picture.line([[x.from, y.from], [x.to, y.from]], ink.zero, { width: 4 });
  new Frame(picture, x, y, ["λ", "c"], [TENTHS, [0, ...DECADES]]);
  marksOf(picture, route, x, y);
  picture.dot([x.pixel(lam), y.pixel(Math.min(c, survey.far))], "#ffffff", 9);
  picture.dot([x.pixel(lam), y.pixel(Math.min(c, survey.far))], "#b3261e", 5);
  return { x, y };
}

/** Weights that the base path runs through between its ends. */
function marksOf(picture, route, x, y) {
  for (const [lam, label] of route.vertices.slice(1, -1)) {
    const at = x.pixel(lam);
    picture.line([[at, y.to], [at, y.to + 10]], picture.colours.ink, { width: 2 });
    if (route.vertices.length > 4) continue;
    picture.words(label, at, y.to - 4, picture.colours.ink, "center");
  }
}
