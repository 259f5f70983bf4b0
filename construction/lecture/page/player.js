"use strict";
// The steps of a lecture. window.deck tells where it stands; tests ask it.
const steps = JSON.parse(document.getElementById("steps").textContent);
const [stage, overview, where] = ["stage", "overview", "where"].map((id) => document.getElementById(id));
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const films = new Map();
let at = -1, address = "", captions = true, window2 = null, began = null;

// --- films: those of this step and its neighbours are unpacked, all others are let go -----------

function film(k) {
  if (!films.has(k)) {
    const text = atob(document.getElementById(`film-${k}`).textContent);
    const bytes = new Uint8Array(text.length);
    for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.preload = "auto";
    video.poster = steps[k].still; // seen where a browser cannot play the film
    video.setAttribute("aria-label", steps[k].title);
    video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
    const track = video.addTextTrack("captions", "English", "en");
    steps[k].cues.forEach(([start, stop, words]) => track.addCue(new VTTCue(start, stop, words)));
    stage.append(video);
    films.set(k, video);
  }
  return films.get(k);
}

function tidy() {
  for (const [k, video] of films) {
    video.textTracks[0].mode = captions && k === at ? "showing" : "hidden";
    if (Math.abs(k - at) > 1) {
      films.delete(k);
      URL.revokeObjectURL(video.src);
      video.remove();
    }
  }
}

const happened = (video, name) => new Promise((done) => {
  video.addEventListener(name, done, { once: true });
  video.addEventListener("error", done, { once: true });
});

async function go(k, atEnd = false) {
  if (k < 0 || k >= steps.length) return;
  if (at >= 0) film(at).pause();
  at = k;
  const video = film(k);
  if (video.readyState < 2 && !video.error) await happened(video, "loadeddata");
  const time = atEnd || calm.matches ? video.duration : 0;
  if (at === k && !video.error && video.currentTime !== time) {
    video.currentTime = time;
    await happened(video, "seeked");
  }
  if (at !== k) return; // somebody went on meanwhile
  for (const [other, shown] of films) shown.classList.toggle("on", other === k);
  if (!time && !video.error) video.play().catch(() => {});
  [k + 1, k - 1].filter((n) => n in steps).forEach(film);
  tidy();
  location.replace(address = `#${steps[k].name}`);
  tell();
}

// --- what one can do ----------------------------------------------------------------------------

const toEnd = (video) => { video.pause(); video.currentTime = video.duration; };
const does = {
  forward() {
    began ??= Date.now();
    const video = film(at);
    if (video.readyState && !video.ended && !video.error) toEnd(video);
    else go(at + 1);
  },
  back: () => go(at - 1, true),
  again: () => go(at),
  pause: () => (film(at).paused ? film(at).play() : film(at).pause()),
  captions() { captions = !captions; tidy(); },
  overview: () => browse(overview.hidden),
  notes: openNotes,
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
  black: () => stage.classList.toggle("black"),
  first: () => go(0),
  last: () => go(steps.length - 1, true),
  close: () => browse(false),
};
const keys = {
  ArrowRight: "forward", PageDown: "forward", Enter: "forward", " ": "forward", ArrowLeft: "back", PageUp: "back",
  Backspace: "back", r: "again", p: "pause", c: "captions", o: "overview", s: "notes", f: "full", b: "black",
  ".": "black", Home: "first", End: "last", Escape: "close",
};

function onKey(event) {
  const name = keys[event.key.length > 1 ? event.key : event.key.toLowerCase()];
  const pressed = ["Enter", " "].includes(event.key) && event.target.closest?.("button");
  const browsing = !overview.hidden && !["overview", "close", "notes", "full"].includes(name);
  if (!name || pressed || browsing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  does[name]();
}

function awake() {
  document.body.classList.add("active");
  clearTimeout(awake.timer);
  awake.timer = setTimeout(() => document.body.classList.remove("active"), 2500);
}

let touched = null;
stage.onpointerdown = (event) => { touched = event; };
stage.onpointerup = (event) => {
  const moved = touched ? event.clientX - touched.clientX : 0;
  touched = null;
  if (event.button) return;
  const backwards = Math.abs(moved) > 40 ? moved > 0 : event.clientX < innerWidth * 0.25;
  does[backwards ? "back" : "forward"]();
};
for (const button of document.querySelectorAll("#tools button")) button.onclick = () => does[button.dataset.does]();
document.addEventListener("keydown", onKey);
for (const name of ["pointermove", "pointerdown", "focusin"]) document.addEventListener(name, awake);
// The deck's own address is told later, when somebody may have gone on.
addEventListener("hashchange", () => { if (decodeURIComponent(location.hash) !== address) go(named(location.hash)); });
addEventListener("pagehide", () => window2?.close());

// --- overview, which is also what is printed ----------------------------------------------------

function made(kind, words = "", className = "") {
  const element = document.createElement(kind);
  element.textContent = words;
  element.className = className;
  return element;
}

function picture(step) {
  const image = made("img");
  image.src = step.still;
  image.alt = "";
  return image;
}

steps.forEach((step, k) => {
  if (step.chapter !== steps[k - 1]?.chapter) overview.append(made("h2", step.chapter), made("div", "", "steps"));
  const button = made("button", "", "step");
  button.append(picture(step), made("span", `${k + 1} · ${step.title}`));
  for (const note of step.notes) button.append(made("p", `${note.kind}: ${note.text}`));
  button.onclick = () => { browse(false); go(k); };
  overview.lastChild.append(button);
});

function browse(open) {
  overview.hidden = !open;
  if (!open) return;
  film(at).pause();
  const buttons = overview.querySelectorAll(".step");
  buttons.forEach((button, k) => button.classList.toggle("at", k === at));
  buttons[at].focus();
  buttons[at].scrollIntoView({ block: "center" });
}

// --- notes, in a second window ------------------------------------------------------------------

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function openNotes() {
  window2 = window.open("", "notes", "width=1000,height=700");
  if (!window2) {
    where.textContent = "The browser keeps the window of the notes closed: allow it for this page.";
    awake();
    return;
  }
  const page = window2.document;
  page.title = "Notes";
  page.head.append(made("style", `
    body { margin: 16px; font: 20px/1.4 system-ui, sans-serif; background: #fff; color: #111; }
    header { display: flex; gap: 24px; align-items: baseline; flex-wrap: wrap; }
    #clock { font-size: 40px; font-variant-numeric: tabular-nums; }
    main { display: grid; grid-template-columns: 2fr 3fr; gap: 24px; } p { margin: 0 0 12px; }
    figure { margin: 0 0 12px; font-size: 16px; } img { width: 100%; border: 1px solid #888; } h1 { font-size: 24px; margin: 8px 0; }
    button { font: inherit; min-height: 40px; } .captions { color: #555; font-size: 16px; }`));
  page.body.replaceChildren(made("header"), made("h1"), made("main"));
  const [header, , main] = page.body.children;
  for (const name of ["pictures", "notes"]) main.append(Object.assign(made("div"), { id: name }));
  const time = made("span", clock(0));
  time.id = "clock";
  const reset = made("button", "clock to 0:00");
  reset.onclick = () => { began = Date.now(); };
  const [back, forward] = [made("button", "◀ back"), made("button", "forward ▶")];
  [back.onclick, forward.onclick] = [does.back, does.forward];
  header.append(time, made("span", "", "planned"), reset, back, forward);
  page.onkeydown = onKey;
  tell();
}

function tell() {
  where.textContent = `${at + 1} / ${steps.length} · ${steps[at].title}`;
  if (!window2 || window2.closed) return;
  const page = window2.document, step = steps[at], next = steps[at + 1];
  const until = steps.slice(0, at + 1).reduce((sum, one) => sum + one.minutes, 0);
  page.querySelector(".planned").textContent = `plan: this step ends at ${clock(60 * until)}`;
  page.querySelector("h1").textContent = `${at + 1} / ${steps.length} · ${step.title}`;
  const figures = [["now", step], ...(next ? [["next", next]] : [])].map(([words, one]) => {
    const figure = made("figure");
    figure.append(picture(one), made("figcaption", `${words}: ${one.title}`));
    return figure;
  });
  page.getElementById("pictures").replaceChildren(...figures);
  page.getElementById("notes").replaceChildren(...step.notes.map((note) => {
    const line = made("p", "", note.kind.toLowerCase());
    line.append(made("b", `${note.kind}: `), note.text);
    return line;
  }));
}

setInterval(() => {
  const time = window2 && !window2.closed && window2.document.getElementById("clock");
  if (time) time.textContent = clock(began ? (Date.now() - began) / 1000 : 0);
}, 250);

const named = (hash) => Math.max(0, steps.findIndex((step) => `#${step.name}` === decodeURIComponent(hash)));
window.deck = { steps, films, get at() { return at; } };
go(named(location.hash));
awake();
