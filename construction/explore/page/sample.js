// A few inputs with the outputs c N(W(lambda)) as bars: they follow lambda and c.

const CELL = { width: 134, height: 52, image: 44 };
const PROBABLE = ["cross_entropy", "label_smoothing"];

/** Outputs of the sample at a lambda and a scale, (samples x outputs) in one array. */
function outputsAt(sample, lam, c) {
  const { lam: grid, outputs, peak } = sample, [, samples, count] = outputs.shape;
  const size = samples * count, k = cellOf(grid, lam);
  const share = (lam - grid[k]) / (grid[k + 1] - grid[k]);
  const row = (at, j) => (outputs[at * size + j] / 32767) * peak[at];
  const between = (j) => (1 - share) * row(k, j) + share * row(k + 1, j);
  return Array.from({ length: size }, (_, j) => c * between(j));
}

/** Whether outputs are shown as probabilities: all of them are kept, and the loss takes them so. */
const soft = ({ loss, sample }) => PROBABLE.includes(loss) && sample.whole;

function softmax(outputs) {
  const top = Math.max(...outputs), parts = outputs.map((one) => Math.exp(one - top));
  const sum = parts.reduce((total, one) => total + one, 0);
  return parts.map((one) => one / sum);
}

/** What is said above the bars, and below. */
const sampleName = (route) =>
  soft(route) ? "Softmax of c N(W(λ))" : "The network's outputs, times c";
const sampleText = ({ held_out: held, labelled }) =>
  (held ? "The network was not trained on them. " : "") +
  (labelled ? "The bar of the true class is coloured" : "Lines are the targets") +
  "; arrows go beyond.";

function drawSample(picture, { route, lam, c }) {
  const { sample } = route, { canvas } = picture;
  if (!sample) return;
  const [, samples, count] = sample.outputs.shape;
  const columns = Math.max(1, Math.floor(canvas.clientWidth / CELL.width));
  canvas.style.height = `${Math.ceil(samples / columns) * CELL.height}px`;
  picture.begin();
  const all = outputsAt(sample, lam, c), width = picture.width / columns;
  sample.most ??= Math.max(...sample.targets.map(Math.abs)) || 1;
  for (let k = 0; k < samples; k++) {
    const left = (k % columns) * width, top = Math.floor(k / columns) * CELL.height + 4;
    const some = all.slice(k * count, (k + 1) * count), bars = soft(route) ? softmax(some) : some;
    const place = { left: left + CELL.image + 8, top, width: width - CELL.image - 20 };
    imageOf(picture, sample, k, left, top);
    drawBars(picture, bars, sample, sample.targets.subarray(k * count, (k + 1) * count), place);
  }
}

function imageOf(picture, sample, k, left, top) {
  const { images } = sample, { pen, colours } = picture;
  if (!images) return picture.words(`input ${k + 1}`, left, top + 26, colours.dim);
  sample.drawn ??= Array.from({ length: images.shape[0] }, (_, one) => smallImage(images, one));
  pen.imageSmoothingEnabled = false;
  return pen.drawImage(sample.drawn[k], left, top, CELL.image, CELL.image);
}

function smallImage(images, k) {
  const [, rows, columns, channels = 1] = images.shape, small = document.createElement("canvas");
  [small.width, small.height] = [columns, rows];
  const pen = small.getContext("2d"), data = pen.createImageData(columns, rows);
  for (let p = 0; p < rows * columns; p++) {
    const at = (k * rows * columns + p) * channels, green = channels === 3 ? 1 : 0;
    data.data.set([images[at], images[at + green], images[at + 2 * green], 255], 4 * p);
  }
  pen.putImageData(data, 0, 0);
  return small;
}

/** Bars from -1/2 to 3/2 of the largest target; one that goes beyond ends in an arrow. */
function drawBars(picture, bars, { most, labelled }, targets, place) {
  const { pen, colours } = picture, height = CELL.image, step = place.width / bars.length;
  const y = (value) => place.top + height * (1 - (clamped(value / most, -0.5, 1.5) + 0.5) / 2);
  const base = y(0), wide = Math.max(step - 1.5, 1);
  picture.line([[place.left, base], [place.left + place.width, base]], colours.dim, { width: 1 });
  bars.forEach((value, j) => {
    const left = place.left + j * step, tip = y(value);
    pen.fillStyle = labelled && targets[j] === 1 ? colours.truth : colours.dim;
    pen.fillRect(left, Math.min(tip, base), wide, Math.max(Math.abs(tip - base), 1));
    const beyond = value / most > 1.5 ? -1 : value / most < -0.5 ? 1 : 0;
    if (beyond) arrow(pen, left + wide / 2, tip + beyond * 4, Math.min(step / 2, 6), beyond);
    if (labelled) return;
    const level = y(targets[j]);
    picture.line([[left, level], [left + wide, level]], colours.truth, { width: 2 });
  });
}

function arrow(pen, x, tip, half, down) {
  pen.beginPath();
  pen.moveTo(x, tip);
  pen.lineTo(x - half, tip - down * 5);
  pen.lineTo(x + half, tip - down * 5);
  pen.fill();
}
