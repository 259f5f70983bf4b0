// The objectives over lambda on a logarithmic axis, and the target that is drawn by hand.

/** Draws them; returns the axes, for the pointer. */
function drawCurves(picture, state) {
  const { sheet, survey, path, lam, route, profile, heights, knot } = state;
  picture.begin();
  const { colours: ink } = picture, along = Array.from(sheet.lam);
  const { low, high, logarithmic, scale } = survey, floor = logarithmic ? 0.8 * low : low;
  const [x, y] = axesOf(picture, [0, 1], [floor, high, ...scale]);
  const names = ["λ", logarithmic ? "objective, logarithmic" : "objective"];
  const marks = logarithmic ? DECADES : even(low, high);
  const frame = new Frame(picture, x, y, names, [TENTHS, marks]);
  const at = (lam, value) => frame.at(lam, Math.max(value, floor));
  picture.line([at(0, sheet.zero), at(1, sheet.zero)], ink.zero, { dash: [8, 5], width: 1.5 });
  picture.line(along.map((one) => at(one, sheet.minimum(one))), ink.dim, { dash: [2, 3] });
  picture.line(along.map((one) => at(one, sheet.value(one, 1))), ink.empirical);
  if (path.refused && path.target) {
    const points = along.map((one) => at(one, sheet.zero + path.target(one)));
    picture.line(points, ink.level, { dash: [7, 4] });
  }
  picture.line(path.points.map((one) => at(one.lam, one.value)), ink.constructed, { width: 3 });
  marksOf(picture, route, x, y);
  picture.line([[x.pixel(lam), y.to], [x.pixel(lam), y.from]], ink.dim, { dash: [4, 4], width: 1 });
  if (state.known) picture.dot(at(lam, heightAt(state)), "#b3261e", 5);
  if (profile === "own") {
    heights.forEach((value, k) => {
      const place = at(knotAt(k), value), chosen = k === knot;
      picture.square(place, ink.background, chosen ? 18 : 13);
      picture.square(place, chosen ? ink.ink : ink.level, chosen ? 14 : 9);
    });
  }
  return { x, y };
}
