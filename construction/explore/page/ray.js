// One ray: g(lambda, .) as a function of c, with the level v(lambda) and the root on it.

function drawRay(picture, { sheet, path, lam, c, route }) {
  if (route.missing) return;
  picture.begin();
  const { colours: ink } = picture, point = pointAt(path.points, lam);
  const wanted = path.target ? sheet.zero + path.target(lam) : point?.value;
  const best = sheet.best(lam), one = sheet.value(lam, 1);
  const root = point?.c ?? 1, far = 1.25 * Math.max(root, best < 40 * root ? 1.2 * best : 0, c, 0.02);
  const heights = [sheet.zero, wanted ?? 0, far > 1 ? one : 0, sheet.value(lam, Math.min(c, far))];
  const high = 1.15 * Math.max(...heights.filter(Number.isFinite));
  const [x, y] = axesOf(picture, [0, far], [0, high]);
  const frame = new Frame(picture, x, y, ["c", `g(λ, c) at λ = ${short(lam)}`], [even(far, 5), even(high)]);
  const ends = Math.min(far, route.kind === "table" ? sheet.farthest() : far), curve = [];
  for (let k = 0; k <= 160; k++) {
    const at = (ends * k) / 160, g = sheet.value(lam, at);
    curve.push(g <= high * 1.01 ? frame.at(at, g) : null);
  }
  picture.line(curve, ink.ink, { width: 2.5 });
  if (wanted !== undefined && wanted !== null) {
    picture.line([frame.at(0, wanted), frame.at(far, wanted)], ink.level, { dash: [7, 4] });
    const free = root < far / 2 ? [x.to, "right"] : [x.from + 50, "left"];
    picture.words(`v(λ) = ${short(wanted)}`, free[0], y.pixel(wanted) - 6, ink.level, free[1]);
  }
  if (best <= far) {
    picture.line([frame.at(best, 0), frame.at(best, sheet.minimum(lam))], ink.dim, { dash: [2, 3], width: 1.5 });
    picture.words("c*", x.pixel(best), y.from - 6, ink.dim, "center");
  }
  if (point) picture.line([frame.at(point.c, 0), frame.at(point.c, point.value)], ink.constructed, { dash: [4, 3] });
  picture.dot(frame.at(0, sheet.zero), ink.zero);
  picture.words("L(0)", x.from + 9, y.pixel(sheet.zero) - 8, ink.zero);
  if (far >= 1 && one <= high) {
    picture.dot(frame.at(1, one), ink.empirical);
    picture.words("c = 1", x.pixel(1), y.pixel(one) - 10, ink.empirical, "center");
  }
  if (point) {
    picture.dot(frame.at(point.c, point.value), ink.constructed);
    picture.words("c(λ)", x.pixel(point.c) - 10, y.pixel(point.value) + 16, ink.constructed, "right");
  }
  const here = sheet.value(lam, Math.min(c, ends));
  if (c <= far && here <= high) picture.dot(frame.at(c, here), "#b3261e", 4);
}
