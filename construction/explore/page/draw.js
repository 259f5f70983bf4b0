// Drawing on a canvas: lines, dots, words with a halo, and axes.

const FONT = "13px system-ui, sans-serif", VIRIDIS = [
  [68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129],
  [92, 200, 99], [170, 220, 50], [253, 231, 37],
];

/** viridis at a share of [0, 1], as red, green and blue. */
function viridis(share) {
  const x = clamped(share || 0, 0, 1) * (VIRIDIS.length - 1), k = Math.min(Math.floor(x), 7);
  return VIRIDIS[k].map((low, j) => Math.round(low + (VIRIDIS[k + 1][j] - low) * (x - k)));
}

/** The colours of the theme that the system has. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const roles = ["background", "ink", "dim", "empirical", "constructed", "level", "zero", "truth"];
  const of = (role) => style.getPropertyValue(`--${role}`).trim();
  return Object.fromEntries(roles.map((role) => [role, of(role)]));
}

/** A canvas as large as its place on the page, cleared. */
class Picture {
  constructor(id) {
    this.canvas = document.getElementById(id);
    this.pen = this.canvas.getContext("2d");
    [this.width, this.height] = [this.canvas.clientWidth, this.canvas.clientHeight];
  }
  begin() {
    const { canvas, pen } = this, ratio = devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(this.height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = FONT;
    pen.lineJoin = "round";
    this.colours = colours();
  }
  /** Straight lines through points [x, y]; a point that is null ends one and begins another. */
  line(points, colour, { width = 2, dash = [], halo = null } = {}) {
    const { pen } = this;
    pen.beginPath();
    let open = false;
    for (const point of points) {
      if (point && open) pen.lineTo(...point);
      else if (point) pen.moveTo(...point);
      open = Boolean(point);
    }
    if (halo) this.stroke(halo, width + 3, []);
    this.stroke(colour, width, dash);
  }
  stroke(colour, width, dash) {
    this.pen.setLineDash(dash);
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.pen.stroke();
    this.pen.setLineDash([]);
  }
  dot([x, y], colour, radius = 6) {
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 7);
    this.pen.fillStyle = colour;
    this.pen.fill();
    this.stroke(this.colours.background, 2, []);
  }
  square([x, y], colour, size) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(x - size / 2, y - size / 2, size, size);
  }
  words(text, x, y, colour, align = "left") {
    const { pen } = this;
    pen.textAlign = align;
    pen.lineWidth = 4;
    pen.strokeStyle = this.colours.background;
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
}

/** An axis: from numbers to pixels and back, with numbers to write at it. */
class Axis {
  constructor(low, high, from, to, bend = (x) => x, unbend = (u) => u) {
    Object.assign(this, { low, high, from, to, bend, unbend });
  }
  pixel(x) {
    const [low, high] = [this.bend(this.low), this.bend(this.high)];
    return this.from + ((this.bend(x) - low) / (high - low)) * (this.to - this.from);
  }
  number(pixel) {
    const [low, high] = [this.bend(this.low), this.bend(this.high)];
    const share = (pixel - this.from) / (this.to - this.from);
    return clamped(this.unbend(low + share * (high - low)), this.low, this.high);
  }
  /** Round numbers on it, at least `apart` pixels from each other. */
  marks(candidates, apart) {
    const kept = [];
    for (const x of candidates) {
      if (x < this.low || x > this.high) continue;
      const place = this.pixel(x);
      if (kept.every((other) => Math.abs(this.pixel(other) - place) >= apart)) kept.push(x);
    }
    return kept;
  }
}

const rounded = (x) => Number(x.toPrecision(6));

/** Round numbers on a linear axis. */
function even(low, high, count = 4) {
  const raw = (high - low) / count, ten = 10 ** Math.floor(Math.log10(raw));
  const step = ten * [1, 2, 5, 10].find((factor) => factor * ten >= raw);
  const first = Math.ceil(low / step), marks = Math.floor(high / step) - first + 1;
  return Array.from({ length: marks }, (_, k) => rounded((first + k) * step));
}

/** 1, 10, 0.1, ..., then 3, 30, 0.3, ...: what a logarithmic or bent axis shows first. */
const DECADES = [1, 3].flatMap((first) => Array.from({ length: 17 }, (_, k) =>
  rounded(first * 10 ** ((k % 2 ? 1 : -1) * Math.ceil(k / 2)))));

/** Two axes with their names and marks. */
class Frame {
  constructor(picture, x, y, names, marks) {
    Object.assign(this, { picture, x, y });
    const { dim } = picture.colours, base = y.from, left = x.from;
    picture.line([[left, y.to], [left, base], [x.to, base]], dim, { width: 1 });
    const told = (value) =>
      value && Math.abs(value) < 1e-3 ? value.toExponential(0) : `${value}`.replace("-", "−");
    for (const value of x.marks(marks[0], 34)) {
      const at = x.pixel(value);
      picture.line([[at, base], [at, base + 4]], dim, { width: 1 });
      picture.words(told(value), at, base + 18, dim, "center");
    }
    for (const value of y.marks(marks[1], 18)) {
      const at = y.pixel(value);
      picture.line([[left - 4, at], [left, at]], dim, { width: 1 });
      picture.words(told(value), left - 7, at + 4, dim, "right");
    }
    picture.words(names[0], x.to + 10, base + 18, picture.colours.ink);
    picture.words(names[1], 4, y.to - 8, picture.colours.ink);
  }
  at(x, y) { return [this.x.pixel(x), this.y.pixel(y)]; }
}

/** Names within a frame, each where it covers no other, no dot, and least of the lines. */
class Names {
  constructor(picture, frame, curve) {
    Object.assign(this, { picture, frame, dots: [], asked: [], points: [] });
    curve.forEach((point, k) => this.between(curve[k - 1], point));
  }
  between(from, to) {
    if (!from || !to) return;
    const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 3);
    for (let k = 0; k <= steps; k++) {
      this.points.push([0, 1].map((j) => from[j] + ((to[j] - from[j]) * k) / (steps || 1)));
    }
  }
  line(from, to, colour, style) {
    this.picture.line([from, to], colour, style);
    this.between(from, to);
  }
  dot(text, place, colour) {
    this.picture.dot(place, colour);
    this.dots.push(place);
    this.beside(text, place, colour);
  }
  /** Beside a place: near it rather than far, and never nearer to another one. */
  beside(text, [px, py], colour) {
    const wide = this.picture.pen.measureText(text).width, rounds = [10, 22, 34];
    this.write(text, colour, rounds.flatMap((far) => [
      [px + far, py - far + 2], [px - far - wide, py - far + 2], [px - wide / 2, py - far],
      [px + far, py + 5], [px - far - wide, py + 5],
      [px + far, py + far + 9], [px - far - wide, py + far + 9], [px - wide / 2, py + far + 10],
    ]), [px, py]);
  }
  /** At one of some spots, by the lower left of the words. */
  write(text, colour, spots, own = null) { this.asked.push({ text, colour, spots, own }); }
  finish() {
    const { x, y } = this.frame, taken = [];
    for (const { text, colour, spots, own } of this.asked) {
      const wide = this.picture.pen.measureText(text).width;
      const boxed = ([px, py]) => [px - 2, py - 12, px + wide + 2, py + 4];
      const from = ([left, top, right, low], [px, py]) =>
        Math.hypot(Math.max(left - px, 0, px - right), Math.max(top - py, 0, py - low));
      const met = (box, b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3];
      const cost = (spot, k) => {
        const box = boxed(spot), far = own ? from(box, own) : 0;
        const outside = box[0] < x.from || box[2] > x.to + MARGIN.right || box[1] < y.to - 4 ||
          box[3] > y.from;
        const wrong = this.dots.some((dot) => own && from(box, dot) < far);
        const covered = taken.some((one) => met(box, one)) ||
          this.dots.some((dot) => from(box, dot) < 6);
        const crossed = this.points.filter((point) => from(box, point) < 2).length;
        return 1e6 * covered + 1e5 * outside + 1e3 * wrong + crossed + k / 4;
      };
      const costs = spots.map(cost), spot = spots[costs.indexOf(Math.min(...costs))];
      taken.push(boxed(spot));
      this.picture.words(text, ...spot, colour);
    }
  }
}

const MARGIN = { left: 46, right: 24, top: 24, bottom: 24 };

/** The axes of a picture with the usual margins. */
function axesOf(picture, xs, ys) {
  const { left, right, top, bottom } = MARGIN;
  return [
    new Axis(xs[0], xs[1], left, picture.width - right, ...xs.slice(2)),
    new Axis(ys[0], ys[1], picture.height - bottom, top, ...ys.slice(2)),
  ];
}
const TENTHS = [0, 1, 0.5, 0.25, 0.75];
