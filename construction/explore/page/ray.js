// One ray: g(lambda, .) as a function of c, with the level v(lambda) and the root on it.

const POINTS = 160;

function drawRay(picture, { sheet, path, lam, c, route }) {
  if (route.missing) return;
  picture.begin();
  const { colours: ink } = picture, point = pointAt(path.points, lam);
  const wanted = path.target ? sheet.zero + path.target(lam) : point?.value;
  const best = sheet.best(lam), one = sheet.value(lam, 1), root = point?.c ?? 1;
  const far = 1.25 * Math.max(root, best < 40 * root ? 1.2 * best : 0, c, 0.02);
  const seen = [sheet.zero, wanted ?? 0, far > 1 ? one : 0, sheet.value(lam, c)];
  const high = 1.15 * Math.max(...seen.filter(Number.isFinite));
  const low = Math.min(0, sheet.minimum(lam));
  const [x, y] = axesOf(picture, [0, far], [low, high]);
  const names = ["c", `g(λ, c) at λ = ${short(lam)}`];
  const frame = new Frame(picture, x, y, names, [even(0, far, 5), even(low, high)]);
  if (best <= far) tellBest(picture, frame, best, sheet.minimum(lam));
  const ends = Math.min(far, route.kind === "table" ? sheet.farthest() : far), curve = [];
  for (let k = 0; k <= POINTS; k++) {
    const at = (ends * k) / POINTS, g = sheet.value(lam, at);
    curve.push(g <= high * 1.01 ? frame.at(at, g) : null);
  }
  picture.line(curve, ink.ink, { width: 2.5 });
  if (wanted !== undefined) {
    picture.line([frame.at(0, wanted), frame.at(far, wanted)], ink.level, { dash: [7, 4] });
    const [place, align] = root < far / 2 ? [x.to, "right"] : [x.from + 50, "left"];
    picture.words(`v(λ) = ${short(wanted)}`, place, y.pixel(wanted) - 6, ink.level, align);
  }
  picture.dot(frame.at(0, sheet.zero), ink.zero);
  picture.words("L(0)", x.from + 9, y.pixel(sheet.zero) - 8, ink.zero);
  if (far >= 1 && one <= high) {
    picture.dot(frame.at(1, one), ink.empirical);
    picture.words("c = 1", x.pixel(1), y.pixel(one) - 10, ink.empirical, "center");
  }
  if (point) {
    const [px, py] = frame.at(point.c, point.value), dash = { dash: [4, 3] };
    picture.line([frame.at(point.c, low), [px, py]], ink.constructed, dash);
    picture.dot([px, py], ink.constructed);
    picture.words("c(λ)", px - 10, py + 16, ink.constructed, "right");
  }
  const here = sheet.value(lam, Math.min(c, ends));
  if (here <= high) picture.dot(frame.at(Math.min(c, ends), here), "#b3261e", 4);
}

/** Where the ray is lowest. */
function tellBest(picture, frame, best, minimum) {
  const [px, py] = frame.at(best, minimum), base = frame.y.from, { dim } = picture.colours;
  picture.line([[px, base], [px, py]], dim, { dash: [2, 3], width: 1.5 });
  picture.words("c*", px + 5, base - py > 24 ? (base + py) / 2 : py - 12, dim);
}
