// The path that follows a target on a sheet: points of lambda, c and objective, in order.

const DOWN = 24; // points of a phase at one lambda

/**
 * The path of a profile, or why there is none.
 *
 * Returns {points: [{lam, c, value}], target: lambda -> v or null, refused: text or null, note}.
 */
function pathOf(profile, route, sheet, heights, content) {
  const levels = levelsOf(sheet), theorem = profile === "paper" || profile === "even";
  const kept = route.journeys[profile];
  let target = null, refused = null, note = "";
  if (theorem) target = evenly(levels, profile === "paper" ? 1 / 3 : 1 - content.theta);
  if (profile === "own") target = drawn(heights, levels.zero);
  if (kept) {
    if (!kept.recorded) note = "Solved at the record's λ alone, without peaks of m between them.";
    return { points: recorded(kept, sheet), target: null, refused, note };
  }
  if (theorem) refused = route.refused.theorem;
  else if (profile === "valley") refused = route.refused.valley;
  else if (!(levels.final < levels.initial)) refused = route.refused.theorem;
  else refused = refusalOf(target, levels);
  if (!refused && route.kind === "curves") refused = route.missing;
  if (refused || !target) return { points: [], target, refused, note };
  const branch = theorem ? "right" : sheet.branchOf(0);
  const found = followed(target, branch, sheet, levels, content.sentences);
  if (profile === "own" && !found.refused) note = beyondTheorem(target, levels, route);
  return { ...found, target, note };
}

/** A path that the record holds, as far as it lies on the page's lambdas. */
function recorded(journey, sheet) {
  const points = [];
  journey.phases.forEach((phase, number) => {
    const { lam_start: start, lam_stop: stop, scale_start: from, scale_stop: to } = phase;
    const ends = journey.joints.slice(number, number + 2);
    if (start === stop) {
      points.push(...vertical(start, from, to, sheet, ends));
      return;
    }
    points.push({ lam: start, c: from, value: ends[0] });
    for (let k = 0; k < sheet.lam.length; k++) {
      const lam = sheet.lam[k];
      if (lam > start && lam < stop) {
        points.push({ lam, c: journey.scale[k], value: journey.objective[k] });
      }
    }
    points.push({ lam: stop, c: to, value: ends[1] });
  });
  const met = (one, other) => one.lam === other.lam && Math.abs(one.c - other.c) <= 1e-6 * one.c;
  return points.filter((one, k) => !k || !met(one, points[k - 1])); // where two phases meet
}

/** At one lambda: as the ray is drawn, between the objectives at both ends; it never turns. */
function vertical(lam, from, to, sheet, [first, last]) {
  const low = sheet.value(lam, to), drop = sheet.value(lam, from) - low;
  const points = [{ lam, c: from, value: first }];
  for (let k = 1; k < DOWN; k++) {
    const c = from + ((to - from) * k) / DOWN;
    const share = clamped((sheet.value(lam, c) - low) / drop, 0, 1);
    const value = share * first + (1 - share) * last;
    if (value <= points[points.length - 1].value) points.push({ lam, c, value }); // or not a number
  }
  return [...points, { lam, c: to, value: last }];
}

/** The objective at the chosen lambda and c; on the path its own, between lambdas, too. */
const heightAt = ({ sheet, lam, c, point }) => (point ? point.value : sheet.value(lam, c));

/** Travel on one branch, then at lambda = 1 along it to L(W(1)). */
function followed(target, branch, sheet, levels, sentences) {
  const points = [], missed = [];
  for (const lam of sheet.lam) {
    const { scale, status } = sheet.solve(lam, target(lam), branch);
    if (status) missed.push({ lam, status });
    else points.push({ lam, c: scale, value: sheet.value(lam, scale) });
  }
  if (missed.length) {
    const refused = `Expected a scale at every lambda; found none at ${missed.length} of ` +
      `${sheet.lam.length}, the first at lambda = ${short(missed[0].lam)}. ` +
      sentences[missed[0].status];
    return { points: [], refused };
  }
  points[0] = { lam: 0, c: 1, value: sheet.value(0, 1) };
  const end = sheet.branchOf(1) === branch ? 1 : sheet.solve(1, levels.final, branch).scale;
  if (target(1) > levels.final && end !== undefined) {
    const { c, value } = points[points.length - 1];
    points.push(...vertical(1, c, end, sheet, [value, sheet.value(1, 1)]).slice(1));
  }
  return { points, refused: null };
}

/** What Theorem 1 does not promise of a target that this sheet follows all the same. */
function beyondTheorem(target, levels, route) {
  if (route.refused.theorem) {
    return "The sheet follows this target, though Theorem 1 does not apply here.";
  }
  if (levels.zero + target(1) <= levels.zero) {
    return `v(1) is not above L(0) = ${short(levels.zero)}, where Theorem 1 ends: this sheet ` +
      "follows the target all the same, but with_profile refuses it.";
  }
  return "";
}

/** The point of a path at a lambda while travelling: before a descent at 1, else after a shrink. */
function pointAt(points, lam) {
  if (!points.length) return null;
  if (lam === 1) return points.find((point) => point.lam === 1);
  const k = points.findLastIndex((point) => point.lam <= lam);
  const [here, next] = [points[k], points[k + 1]];
  if (here.lam === lam) return here;
  const share = (lam - here.lam) / (next.lam - here.lam);
  const between = (key) => here[key] + share * (next[key] - here[key]);
  return { lam, c: between("c"), value: between("value") };
}
