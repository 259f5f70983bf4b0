// The sheet g(lambda, c): its value, its minimum over c, and its roots on either branch.
// As construction/sheet and construction/solve/scale.py; excesses are over L(0), `zero`.

const ROUNDING = 16 * 2 ** -52, STEPS = 200, NODES = 8, LARGEST = 1e4;

/** Where the small scales of the valley and the large ones of the theorem are both seen. */
const bent = (c) => Math.log1p(3 * c), unbent = (u) => Math.expm1(u) / 3;
const clamped = (x, low, high) => Math.min(high, Math.max(low, x));

/** The last index with grid[index] <= x, but at most the last cell's. */
function cellOf(grid, x) {
  let low = 0, high = grid.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (grid[middle] <= x) low = middle; else high = middle;
  }
  return low;
}

/** Values over a grid, linear between its points. */
function interpolated(grid, values, x) {
  const k = cellOf(grid, x), share = (x - grid[k]) / (grid[k + 1] - grid[k]);
  if (share === 0 || values[k] === values[k + 1]) return values[k];
  return share === 1 ? values[k + 1] : values[k] + share * (values[k + 1] - values[k]);
}

/** What all sheets have in common. Between two lambdas of the record everything is a picture. */
class Sheet {
  constructor(route) {
    this.curves = route.curves;
    this.lam = route.lam;
    this.zero = route.zero;
  }
  at(curve, lam) { return interpolated(this.lam, curve, lam); }
  value(lam, c) { return this.zero + this.excess(lam, c); }
  minimum(lam) { return this.zero + this.least(lam); }
  isRow(lam) { return this.lam[this.nearest(lam)] === lam; }
  nearest(lam) {
    const k = cellOf(this.lam, lam);
    return lam - this.lam[k] <= this.lam[k + 1] - lam ? k : k + 1;
  }
  /** c = c* itself counts as right. */
  branchOf(lam, c = 1) { return c >= this.best(lam) ? "right" : "left"; }

  /** The scale with that excess on a branch, or why there is none: a name in `sentences`. */
  solve(lam, excess, branch) {
    const least = this.least(lam), above = excess - least, best = this.best(lam);
    const slack = ROUNDING * (Math.abs(excess) - least), right = branch === "right";
    if (!Number.isFinite(excess)) return { status: "NOT_FINITE" };
    if (this.constant(lam)) return { status: "OUTPUTS_VANISH" };
    if (!right && excess > ROUNDING * this.zero) return { status: "ABOVE_ZERO_PREDICTOR" };
    if (above < -slack) return { status: best > 0 ? "BELOW_MINIMUM" : "BELOW_ZERO_PREDICTOR" };
    if (right && this.growth(lam) <= 0) return { status: "NO_RIGHT_BRANCH" };
    if (best === Infinity && above <= 0) return { status: "NEVER_REACHED" };
    if (Math.abs(above) <= slack && Number.isFinite(best)) return { scale: best };
    const scale = this.root(lam, excess, right);
    return Number.isFinite(scale) ? { scale } : { status: "OUT_OF_REACH" };
  }
}

/** The squared loss: a c^2 - 2 b c + L(0). */
class Parabola extends Sheet {
  excess(lam, c) { return c * (this.at(this.curves.a, lam) * c - 2 * this.at(this.curves.b, lam)); }
  growth(lam) { return this.at(this.curves.a, lam); }
  constant(lam) { return this.growth(lam) <= 0; }
  best(lam) {
    const a = this.at(this.curves.a, lam);
    return a > 0 ? Math.max(this.at(this.curves.b, lam), 0) / a : 0;
  }
  least(lam) { return -Math.max(this.at(this.curves.b, lam), 0) * this.best(lam); }
  error() { return 0; }
  root(lam, e, right) {
    const a = this.at(this.curves.a, lam), b = this.at(this.curves.b, lam), size = Math.abs(b);
    const width = Math.sqrt(a) * Math.sqrt(Math.abs(e));
    const below = Math.sqrt(Math.max(size - width, 0)) * Math.sqrt(size + width);
    const s = e >= 0 ? Math.hypot(size, width) : below;
    if (!right) return clamped(b > 0 ? -e / (b + s) : 0, 0, this.best(lam));
    return Math.max(b >= 0 ? (b + s) / a : e > 0 ? e / (s - b) : 0, this.best(lam));
  }
  /** The largest scale worth showing: as high as the start on some lambda, or c* of one. */
  farthest(level) {
    let far = 1;
    for (const lam of this.lam) {
      const root = this.solve(lam, Math.max(level, 0), "right").scale ?? 0;
      far = Math.max(far, root, this.best(lam));
    }
    return Math.min(1.15 * far, LARGEST);
  }
}

/** Any other loss: curves at each lambda, as the record has them; g at c = 0 and c = 1 alone. */
class Curves extends Sheet {
  excess(lam, c) { return c === 1 ? this.at(this.curves.empirical, lam) : c === 0 ? 0 : NaN; }
  growth(lam) { return this.at(this.curves.rise, lam); }
  constant(lam) { return this.growth(lam) <= 0 && this.at(this.curves.fall, lam) >= 0; }
  best(lam) { return this.at(this.curves.best, lam); }
  least(lam) { return this.at(this.curves.least, lam); }
  error() { return 0; }
  root() { return NaN; }
}

/** Losses without kinks, whose table is joined by polynomials: eight points give seven digits. */
const SMOOTH = ["cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson"];

/** A loss without kinks, with a table of g: polynomials in log(1 + 3 c) through its points. */
class Tabled extends Curves {
  constructor(route) {
    super(route);
    this.bent = Float64Array.from(route.curves.scale, bent);
  }
  excess(lam, c) {
    if (c === 0 || c === 1) return super.excess(lam, c);
    const k = cellOf(this.lam, lam);
    const share = (lam - this.lam[k]) / (this.lam[k + 1] - this.lam[k]);
    const low = share < 1 ? this.inRow(k, c) : 0;
    return share === 0 ? low : low * (1 - share) + share * this.inRow(k + 1, c);
  }
  /** About how far the excess may be off: by what two points more or less would change, twice. */
  error(lam, c) {
    if (c === 0 || c === 1) return 0;
    const k = this.nearest(lam), [less, here, more] = [-2, 0, 2].map((by) =>
      this.inRow(k, c, NODES + by));
    const rounding = 2 ** -23 * Math.abs(this.zero + here);
    return rounding + 2 * Math.max(Math.abs(here - less), Math.abs(here - more));
  }
  /** Newton's polynomial through some points around u, and at c = 0 through the slope as well. */
  inRow(row, c, count = NODES) {
    const n = this.bent.length, x = this.bent, start = row * n, u = bent(c);
    const first = clamped(cellOf(x, Math.min(u, x[n - 1])) - count / 2 + 1, 0, n - count);
    const at = (j) => x[first + j], { objective } = this.curves;
    const value = (j) => objective[start + first + j] - this.zero;
    const nodes = [], heights = [];
    for (let j = 0; j < count; j++) nodes.push(at(j)), heights.push(first + j ? value(j) : 0);
    if (first === 0) nodes.unshift(0), heights.unshift(0);
    const slope = this.curves.fall[row] / 3; // dg/du at c = 0, where du = 3 dc
    for (let depth = 1; depth < nodes.length; depth++) {
      for (let j = nodes.length - 1; j >= depth; j--) {
        const width = nodes[j] - nodes[j - depth];
        heights[j] = width ? (heights[j] - heights[j - 1]) / width : slope;
      }
    }
    let found = 0;
    for (let j = nodes.length - 1; j >= 0; j--) found = found * (u - nodes[j]) + heights[j];
    return found;
  }
  /** By halving; NaN beyond the table. */
  root(lam, e, right) {
    const end = this.farthest(), best = Math.min(this.best(lam), end);
    let low = right ? best : 0, high = right ? end : best;
    const beyond = (c) => (right ? this.excess(lam, c) > e : this.excess(lam, c) < e);
    if (!beyond(high)) return right || this.best(lam) > end ? NaN : best;
    for (let k = 0; k < STEPS && high - low > 2 ** -50 * high; k++) {
      const middle = (low + high) / 2;
      if (beyond(middle)) high = middle; else low = middle;
    }
    return (low + high) / 2;
  }
  farthest() { return this.curves.scale[this.curves.scale.length - 1]; }
}

/** Any convex loss, with a table of g: its chords, above which it cannot lie. */
class Chords extends Tabled {
  /** How far below the chord g may lie, at most: down to the lines through its neighbours. */
  error(lam, c) {
    if (c === 0 || c === 1) return 0;
    const k = this.nearest(lam), j = cellOf(this.curves.scale, c), here = this.inRow(k, c);
    const before = j > 0 ? this.line(k, j - 1, c) : c * this.at(this.curves.fall, lam);
    const after = j + 2 < this.bent.length ? this.line(k, j + 1, c) : -Infinity;
    const rounding = 2 ** -21 * Math.abs(this.zero + here);
    return rounding + here - Math.max(before, after, this.least(lam));
  }
  inRow(row, c) { return this.line(row, cellOf(this.curves.scale, c), c); }
  /** The line through a point of the table and the next. */
  line(row, j, c) {
    const { scale, objective } = this.curves, start = row * scale.length + j;
    const slope = (objective[start + 1] - objective[start]) / (scale[j + 1] - scale[j]);
    return objective[start] - this.zero + slope * (c - scale[j]);
  }
}

function sheetOf(route) {
  const tabled = SMOOTH.includes(route.loss) ? Tabled : Chords;
  return new { squared: Parabola, table: tabled, curves: Curves }[route.kind](route);
}
