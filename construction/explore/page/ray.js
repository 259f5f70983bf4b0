// One ray: g(lambda, .) as a function of c, with the level v(lambda) and the root on it.

const POINTS = 160;

function drawRay(picture, state) {
  const { sheet, path, lam, c, route } = state;
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
  const axes = ["c", `g(λ, c) at λ = ${short(lam)}`];
  const frame = new Frame(picture, x, y, axes, [even(0, far, 5), even(low, high)]);
  const ends = Math.min(far, route.kind === "table" ? sheet.farthest() : far), curve = [];
  for (let k = 0; k <= POINTS; k++) {
    const at = (ends * k) / POINTS, g = sheet.value(lam, at);
    curve.push(g <= high * 1.01 ? frame.at(at, g) : null);
  }
  picture.line(curve, ink.ink, { width: 2.5 });
  const names = new Names(picture, frame, curve);
  if (best <= far) {
    const thin = { dash: [2, 3], width: 1.5 };
    picture.line([frame.at(best, low), frame.at(best, high)], ink.dim, thin);
  }
  if (point) {
    const root = [point.c, point.value];
    names.line(frame.at(point.c, low), frame.at(...root), ink.constructed, { dash: [4, 3] });
  }
  if (wanted !== undefined) {
    names.line(frame.at(0, wanted), frame.at(far, wanted), ink.level, { dash: [7, 4] });
  }
  names.dot("L(0)", frame.at(0, sheet.zero), ink.zero);
  if (far >= 1 && one <= high) names.dot("c = 1", frame.at(1, one), ink.empirical);
  if (point) names.dot("c(λ)", frame.at(point.c, point.value), ink.constructed);
  const here = c > ends ? sheet.value(lam, ends) : heightAt(state);
  if (here <= high) picture.dot(frame.at(Math.min(c, ends), here), "#b3261e", 4);
  if (best <= far) {
    names.write("c*", ink.dim, [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) =>
      [5, -19].map((right) => [x.pixel(best) + right, y.to + 14 + share * (y.from - y.to - 20)])));
  }
  if (wanted !== undefined) {
    const level = `v(λ) = ${short(wanted)}`, at = y.pixel(wanted);
    names.write(level, ink.level, even(0, 0.9, 18).flatMap((share) =>
      [at - 6, at + 16].map((down) => [x.from + share * (x.to - x.from), down])));
  }
  names.finish();
}
