// What the page says in words and digits.

const SIGNS = { yes: "✓ yes", no: "✗ no" };

/** Seven digits, or as many as an error leaves: up to half of the last. */
function digits(x, error = 0) {
  if (x === undefined || x === null || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const place = Math.floor(Math.log10(Math.abs(x) || 1)), known = place - Math.log10(2 * error);
  return String(Number(x.toPrecision(clamped(Math.floor(1 + known), 1, 7)))).replace("-", "−");
}

const element = (tag, text, name = "") =>
  Object.assign(document.createElement(tag), { textContent: text, className: name });

/** The numbers at the chosen lambda and c, by the names that the table shows. */
function numbersOf(state) {
  const { route, sheet, path, lam, c, point } = state;
  const about = sheet.isRow(lam) ? "" : "≈ ", known = route.kind !== "curves";
  const blur = known ? sheet.error(lam, c) : 0, here = heightAt(state);
  const slope = known && !route.journeys[path.profile]
    ? Math.abs(sheet.value(lam, c * 1.001) - sheet.value(lam, c * 0.999)) / (0.002 * c) : Infinity;
  const travelling = pointAt(path.points, lam);
  const wanted = path.target ? sheet.zero + path.target(lam) : travelling?.value;
  return [
    ["λ", short(lam), "lambda"],
    ["c", digits(c, point && blur && slope ? blur / slope : 0), "scale"],
    ["g(λ, c), the objective here", about + digits(here, point ? 0 : blur), "objective"],
    ["v(λ), the target", wanted === undefined ? "–" : about + digits(wanted), "target"],
    ["m(λ), the least over c", about + digits(sheet.minimum(lam)), "minimum"],
    ["c*(λ), where it is", about + digits(sheet.best(lam)), "best"],
    ["g(λ, 1), on the base path", about + digits(sheet.value(lam, 1)), "empirical"],
    ["L(0), the zero predictor", digits(sheet.zero), "zero"],
  ];
}

function tellNumbers(state) {
  const rows = numbersOf(state).map(([name, value, key]) => {
    const row = element("tr", "");
    row.append(Object.assign(element("th", name), { scope: "row" }));
    row.append(Object.assign(element("td", value), { id: `number-${key}` }));
    return row;
  });
  document.getElementById("numbers-here").replaceChildren(...rows);
}

/** Both questions and what each asks: the answers of the record, and why. */
function askConditions({ conditions: asked }) {
  const rows = [
    ["Condition 1", asked.condition_1], ["Condition 2", asked.condition_2],
    ["Final objective", asked.final_objective],
    ["Theorem 1 applies", { answer: asked.theorem, meaning: "all of the above hold" }],
    ["Sheet barrier", asked.sheet_barrier],
    ...(asked.crossing ? [["Crossing", asked.crossing]] : []),
    ["This sheet holds a path", { answer: asked.path, meaning: "no barrier, and a lower end" }],
  ];
  document.getElementById("conditions").replaceChildren(...rows.map(conditionRow));
}

function conditionRow([name, one]) {
  const row = document.createElement("details"), head = element("summary", `${name} `);
  const answer = SIGNS[one.answer] ?? "? not decided";
  const kind = SIGNS[one.answer] ? one.answer : "open";
  head.append(element("span", answer, `answer ${kind}`));
  row.append(head, element("p", one.meaning));
  if ("value" in one) {
    const [value, bound, margin] = [one.value, one.bound, one.margin].map((x) => digits(Number(x)));
    const id = `live-${one.name.replace(" ", "-")}`, at = `at λ = ${short(one.where)}`;
    head.append(Object.assign(element("output", `by ${margin}`), { id }));
    const told = `${value} against ${bound} ${at}, margin ${margin}; ${one.verdict}`;
    row.append(element("p", told, "small"));
  }
  return row;
}

/** What condition 1 and the barrier ask, at this lambda. */
function tellConditions({ sheet, lam }) {
  const here = (text) => `here ${text}`, initial = levelsOf(sheet).initial;
  document.getElementById("live-condition-1").value = here(digits(sheet.growth(lam)));
  document.getElementById("live-sheet-barrier").value = here(digits(sheet.least(lam) - initial));
}

/** One sentence on the path that is drawn: why there is none, or how far it falls. */
function tellPath({ path, profile }) {
  const place = document.getElementById("told"), { points } = path;
  place.className = path.refused ? "refused" : "";
  if (path.refused) {
    place.textContent = `Refused. ${path.refused}`;
    return;
  }
  const rise = points.findIndex((one, k) => k && !(one.value < points[k - 1].value));
  const ends = `from ${short(points[0].value)} to ${short(points[points.length - 1].value)}`;
  const name = profile === "own" ? "Your own path" : `The ${profile} path`;
  const told = rise < 0
    ? `${name}: the objective falls ${ends}, from each of ${points.length} points to the next.`
    : `${name} runs ${ends}, and does not fall at λ = ${short(points[rise].lam)}.`;
  place.textContent = path.note ? `${told} ${path.note}` : told;
}
