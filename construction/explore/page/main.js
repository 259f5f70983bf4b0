// The state of the page, and what changes it: sliders, pointers, keys.

const byId = (id) => document.getElementById(id);
const PLAY = 7000, MAGNET = 12, NEAR = 26;
const state = { heights: [], knot: 5, lam: 0.5, c: 1, on: true, point: null, profile: "even" };
const view = { ...VIEW };
let content, pictures, drawnMap, drawnSpace, drawnCurves;
let playing = 0, waiting = false, turned = false;

/** Draw all that is seen, once before the browser shows the next picture. */
function refresh() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawnMap = drawMap(pictures.map, state);
    drawnSpace = drawSpace(pictures.space, state, view);
    drawRay(pictures.ray, state);
    drawnCurves = drawCurves(pictures.curves, state);
    drawSample(pictures.sample, state);
    tell();
  });
}

function tell() {
  const { sheet, lam, c, survey } = state, lambda = byId("lambda"), scale = byId("scale");
  lambda.value = sheet.nearest(lam);
  lambda.setAttribute("aria-valuetext", `lambda ${short(lam)}`);
  scale.value = Math.round((1000 * bent(Math.min(c, survey.far))) / bent(survey.far));
  scale.setAttribute("aria-valuetext", `c ${short(c)}`);
  byId("lambda-here").value = short(lam);
  byId("scale-here").value = short(c);
  byId("follow").checked = state.on;
  tellNumbers(state);
  tellConditions(state);
}

/** To a lambda of the record; on the path c goes with it. */
function moveTo(lam, c = state.c) {
  state.lam = state.sheet.lam[state.sheet.nearest(lam)];
  state.point = state.on ? pointAt(state.path.points, state.lam) : null;
  state.c = state.point ? state.point.c : Number(clamped(c, 0, state.survey.far).toPrecision(4));
  refresh();
}

/** Solve again for the chosen profile. */
function solveAgain() {
  const { profile, route, sheet, heights } = state;
  state.path = { ...pathOf(profile, route, sheet, heights, content), profile };
  byId("knots").hidden = profile !== "own";
  document.body.classList.toggle("drawing", profile === "own");
  byId("play").disabled = byId("follow").disabled = !state.path.points.length;
  if (!state.path.points.length && !state.known) state.c = 1;
  tellPath(state);
  tellKnot();
  moveTo(state.lam);
}

/** Solve for a profile that was chosen, and look at its path from where it is seen. */
function showProfile(profile) {
  Object.assign(state, { profile, on: true });
  solveAgain();
  if (state.known && !turned) Object.assign(view, clearestView(pictures.space, state));
}

function choose(route) {
  state.route = route;
  state.known = route.kind !== "curves";
  state.sheet = sheetOf(route);
  state.survey = surveyed(state.sheet, state.known, route);
  state.heights = firstDrawing(levelsOf(state.sheet));
  byId("lambda").max = state.sheet.lam.length - 1;
  byId("scale").disabled = byId("space-part").hidden = byId("ray-part").hidden = !state.known;
  byId("missing").textContent = route.missing ?? "";
  document.body.classList.toggle("missing", !state.known);
  askConditions(route);
  byId("sample-name").textContent = route.sample ? sampleName(route) : "";
  byId("sample-part").hidden = !route.sample;
  byId("no-sample").hidden = Boolean(route.sample);
  byId("sample-text").textContent = route.sample ? sampleText(route.sample) : "";
  const custom = "custom" in route.journeys ? ["custom"] : [];
  const names = ["even", "paper", "valley", "own", ...custom];
  byId("profile").replaceChildren(...names.map((name) => new Option(TITLES[name], name)));
  const follows = (name) => name in route.journeys || !refusedAtOnce(route, name);
  byId("profile").value = names.find(follows) ?? "valley";
  showProfile(byId("profile").value);
}

const TITLES = {
  even: "even", paper: "paper: the proof's", valley: "valley: the lowest", own: "own: draw it",
  custom: "custom",
};
const refusedAtOnce = (route, name) => route.refused[name === "valley" ? "valley" : "theorem"];

// --- the target drawn by hand --------------------------------------------------------------------

function tellKnot() {
  byId("knot-name").textContent = `v(${short(knotAt(state.knot))})`;
  byId("knot").value = Number(state.heights[state.knot].toPrecision(6));
  byId("knot").disabled = state.knot === 0;
}

function setKnot(k, value) {
  if (k > 0 && Number.isFinite(value)) state.heights[k] = value;
  state.knot = k;
  solveAgain();
}

/** All knots that a stroke of the pointer passes. */
function stroke(from, to) {
  const { x, y } = drawnCurves, lam = [from, to].map(([px]) => x.number(px));
  const [first, last] = lam.map((one) => Math.round(one * (KNOTS - 1)));
  for (let k = Math.min(first, last); k <= Math.max(first, last); k++) {
    const span = lam[1] - lam[0], share = span ? clamped((knotAt(k) - lam[0]) / span, 0, 1) : 1;
    const value = y.number(from[1] + share * (to[1] - from[1]));
    if (k > 0) state.heights[k] = Number(value.toPrecision(4));
  }
  state.knot = last;
  solveAgain();
}

// --- pointers and keys ---------------------------------------------------------------------------

/** Calls `begin` and then `move` with places on a canvas, while a pointer is down. */
function dragged(id, begin, move) {
  const canvas = byId(id);
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (event) => {
    stop();
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    begin(last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last) [last] = [place(event), move(last, place(event))];
  });
  const end = () => (last = null);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, end);
}

/** Near the path the pointer holds on to it. */
function pull([px, py]) {
  if (!drawnMap) return;
  const { x, y } = drawnMap, lam = x.number(px), point = pointAt(state.path.points, lam);
  state.on = Boolean(point) && Math.abs(y.pixel(point.c) - py) < MAGNET;
  moveTo(lam, y.number(py));
}

let holding = false;
function beginSpace([px, py]) {
  const dot = drawnSpace?.dot;
  holding = Boolean(dot) && Math.hypot(dot[0] - px, dot[1] - py) < NEAR;
}
function moveSpace(from, to) {
  if (!drawnSpace) return;
  if (holding) {
    const far = ({ at: [x, y, depth] }) => Math.hypot(x - to[0], y - to[1]) + 20 * depth;
    const place = drawnSpace.grid.reduce((best, one) => (far(one) < far(best) ? one : best));
    state.on = false;
    return moveTo(place.lam, place.c);
  }
  turn((to[0] - from[0]) * 0.01, (to[1] - from[1]) * 0.006);
}
function turn(right, down) {
  turned = true;
  view.turn += right;
  view.tilt = clamped(view.tilt + down, 0.08, 1.5);
  refresh();
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function keyed(id, act) {
  byId(id).addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    stop();
    act(...arrow, event.shiftKey);
  });
}
function stepBy(right, up, far) {
  const { sheet, survey } = state, k = sheet.nearest(state.lam) + right * (far ? 10 : 1);
  if (up) state.on = false;
  const reach = bent(survey.far), share = bent(state.c) / reach + up * (far ? 0.05 : 0.005);
  const c = unbent(clamped(share, 0, 1) * reach);
  moveTo(sheet.lam[clamped(k, 0, sheet.lam.length - 1)], up ? c : state.c);
}
function stepCurves(right, up, far) {
  if (state.profile !== "own") return stepBy(right, 0, far);
  const k = clamped(state.knot + right, 0, KNOTS - 1), { y } = drawnCurves;
  const moved = y.number(y.pixel(state.heights[k]) - up * (far ? 10 : 1));
  return setKnot(k, up ? Number(moved.toPrecision(4)) : state.heights[k]);
}

// --- play along the path -------------------------------------------------------------------------

function play() {
  if (playing) return stop();
  const { points } = state.path, started = performance.now();
  const times = points.reduce((sums, one, k) =>
    [...sums, k ? sums[k - 1] + (one.lam - points[k - 1].lam || 0.25 / DOWN) : 0], []);
  const whole = times[times.length - 1];
  state.on = true;
  byId("play").textContent = "❚❚ stop";
  const step = (now) => {
    const time = (whole * Math.min(now - started, PLAY)) / PLAY;
    const point = points[times.findLastIndex((one) => one <= time)] ?? points[0];
    Object.assign(state, { lam: point.lam, c: point.c, point });
    refresh();
    if (now - started >= PLAY) stop();
    else playing = requestAnimationFrame(step);
  };
  playing = requestAnimationFrame(step);
}
function stop() {
  cancelAnimationFrame(playing);
  playing = 0;
  byId("play").textContent = "▶ travel";
}

function listen() {
  byId("route").addEventListener("change", (event) => {
    stop();
    choose(content.routes[event.target.selectedIndex]);
  });
  byId("profile").addEventListener("change", (event) => {
    stop();
    showProfile(event.target.value);
  });
  byId("lambda").addEventListener("input", (event) => {
    stop();
    moveTo(state.sheet.lam[Number(event.target.value)]);
  });
  byId("scale").addEventListener("input", (event) => {
    stop();
    state.on = false;
    moveTo(state.lam, unbent((bent(state.survey.far) * Number(event.target.value)) / 1000));
  });
  byId("follow").addEventListener("change", (event) => {
    stop();
    state.on = event.target.checked;
    moveTo(state.lam);
  });
  byId("knot").addEventListener("change", (event) =>
    setKnot(state.knot, event.target.valueAsNumber)); // NaN where it was emptied
  byId("again").addEventListener("click", () => {
    state.heights = firstDrawing(levelsOf(state.sheet));
    solveAgain();
  });
  byId("play").addEventListener("click", play);
  dragged("map", pull, (_, to) => pull(to));
  dragged("space", beginSpace, moveSpace);
  const curves = (from, to) =>
    state.profile === "own" ? stroke(from, to) : moveTo(drawnCurves.x.number(to[0]));
  dragged("curves", (at) => curves(at, at), curves);
  keyed("map", stepBy);
  keyed("curves", stepCurves);
  keyed("space", (right, up) => turn(right * 0.1, up * 0.06));
  new ResizeObserver(refresh).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
}

async function begin() {
  content = await unpacked();
  document.title = byId("title").textContent = content.title || "One number c at every λ";
  const ids = ["map", "space", "ray", "curves", "sample"];
  pictures = Object.fromEntries(ids.map((id) => [id, new Picture(id)]));
  const names = content.routes.map((route) => `${route.name} · ${route.loss}`);
  byId("route").replaceChildren(...names.map((name) => new Option(name)));
  byId("route").disabled = content.routes.length < 2;
  listen();
  choose(content.routes[0]);
  document.body.dataset.ready = "yes";
}

begin().catch((error) => {
  byId("told").textContent =
    `This page needs a browser of 2023 or later (Chrome 97, Firefox 113, Safari 16.4): ${error}`;
  throw error;
});
