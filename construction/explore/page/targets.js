// Decreasing targets v(lambda), as excess over L(0): as construction/profile.py.

const KNOTS = 11, CHECKED = 1001;

/** The ends' objectives as excess over L(0), and L(0). */
const levelsOf = (sheet) => ({
  zero: sheet.zero, initial: sheet.excess(0, 1), final: sheet.excess(1, 1),
});

/** Evenly from L(W(0)), by a share of the way to max{L(0), L(W(1))}. */
function evenly(levels, share) {
  const floor = Math.max(0, levels.final);
  return (lam) => (1 - share * lam) * levels.initial + share * lam * floor;
}

const knotAt = (k) => k / (KNOTS - 1);

/** A target drawn by hand: objectives at KNOTS lambdas, straight between them. */
const drawn = (heights, zero) => {
  const knots = Float64Array.from(heights, (_, k) => knotAt(k));
  return (lam) => interpolated(knots, heights, lam) - zero;
};

/** One to begin with: even on the picture's axis, to a little above where it may end. */
function firstDrawing(levels) {
  const start = levels.zero + levels.initial;
  const floor = levels.zero + (levels.initial > 0 ? Math.max(0, levels.final) : levels.final);
  const end = floor + 0.05 * (start - floor), straight = (x) => start + (end - start) * x;
  const curved = (x) => start * (end / start) ** x;
  return Array.from({ length: KNOTS }, (_, k) => (end > 0 ? curved : straight)(knotAt(k)));
}

/** Why a drawn target is refused, in the words of construction.profile.custom; null if not. */
function refusalOf(target, levels) {
  const values = [];
  for (let k = 0; k < CHECKED; k++) values.push(levels.zero + target(k / (CHECKED - 1)));
  for (let k = 0; k + 1 < CHECKED; k++) {
    if (!(values[k + 1] < values[k])) {
      return `Expected a strictly decreasing profile; found that it does not fall from lambda = ` +
        `${k / (CHECKED - 1)} to ${(k + 1) / (CHECKED - 1)}. Let it fall everywhere.`;
    }
  }
  const last = values[CHECKED - 1], floor = levels.zero + Math.max(0, levels.final);
  if (!(last > levels.zero + levels.final)) {
    return `Expected a profile above L(0) and L(W(1)), that is above ${short(floor)}; found ` +
      `v(1) = ${short(last)}. Let it stay above both.`;
  }
  return null;
}

/** Six digits, as Python's %g has them. */
const short = (x) => String(Number(x.toPrecision(6)));
