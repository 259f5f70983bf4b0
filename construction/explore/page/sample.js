// A few inputs with the outputs c N(W(lambda)) as bars: they follow lambda and c.

const CELL = { width: 134, height: 62, image: 50 }, PROBABLE = ["cross_entropy", "label_smoothing"];

/** Outputs of the sample at a lambda and a scale, (samples x outputs) in one array. */
function outputsAt(sample, lam, c) {
  const { lam: grid, outputs, peak } = sample, [, samples, count] = outputs.shape, size = samples * count;
  const k = cellOf(grid, lam), share = (lam - grid[k]) / (grid[k + 1] - grid[k]);
  const row = (at, j) => (outputs[at * size + j] / 32767) * peak[at];
  return Array.from({ length: size }, (_, j) => c * ((1 - share) * row(k, j) + share * row(k + 1, j)));
}

const soft = ({ loss, sample }) => PROBABLE.includes(loss) && sample.outputs.shape[2] > 1;
const sampleName = (route) =>
  route.sample && (soft(route) ? "Softmax of c N(W(λ))" : "The network's outputs, times c");

function softmax(outputs) {
  const top = Math.max(...outputs), parts = outputs.map((one) => Math.exp(one - top));
  const sum = parts.reduce((total, one) => total + one, 0);
  return parts.map((one) => one / sum);
}

function drawSample(picture, { route, lam, c }) {
  const { sample } = route;
  picture.canvas.hidden = !sample;
  if (!sample) return;
  const [, samples, count] = sample.outputs.shape, columns = Math.max(1, Math.floor(picture.canvas.clientWidth / CELL.width));
  picture.canvas.style.height = `${Math.ceil(samples / columns) * CELL.height}px`;
  picture.begin();
  const all = outputsAt(sample, lam, c);
  const width = picture.width / columns;
  for (let k = 0; k < samples; k++) {
    const left = (k % columns) * width, top = Math.floor(k / columns) * CELL.height + 4;
    const raw = all.slice(k * count, (k + 1) * count), bars = soft(route) ? softmax(raw) : raw;
    const target = Array.from(sample.targets.slice(k * count, (k + 1) * count));
    imageOf(picture, sample, k, left, top);
    drawBars(picture, bars, target, { left: left + CELL.image + 8, top, width: width - CELL.image - 20 });
  }
}

function imageOf(picture, sample, k, left, top) {
  const { images } = sample, { pen, colours } = picture;
  if (!images) return picture.words(`input ${k + 1}`, left, top + 26, colours.dim);
  sample.drawn ??= [];
  sample.drawn[k] ??= (() => {
    const [, rows, columns, channels = 1] = images.shape, small = document.createElement("canvas");
    [small.width, small.height] = [columns, rows];
    const data = small.getContext("2d").createImageData(columns, rows), start = k * rows * columns * channels;
    for (let p = 0; p < rows * columns; p++) {
      for (let j = 0; j < 3; j++) data.data[4 * p + j] = images[start + p * channels + (channels === 3 ? j : 0)];
      data.data[4 * p + 3] = 255;
    }
    small.getContext("2d").putImageData(data, 0, 0);
    return small;
  })();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(sample.drawn[k], left, top, CELL.image, CELL.image);
}

/** Bars from -1/2 to 3/2 of the targets' range; one that goes beyond ends in an arrow. */
function drawBars(picture, bars, target, place) {
  const { pen, colours } = picture, height = CELL.image, step = place.width / bars.length;
  const scale = Math.max(1e-9, ...target.map(Math.abs)), top = Math.max(...target);
  const y = (value) => place.top + height * (1 - (clamped(value / scale, -0.5, 1.5) + 0.5) / 2);
  picture.line([[place.left, y(0)], [place.left + place.width, y(0)]], colours.dim, { width: 1 });
  bars.forEach((value, j) => {
    const wanted = target[j] === top && top > 0, left = place.left + j * step;
    pen.fillStyle = wanted ? colours.truth : colours.dim;
    pen.fillRect(left, Math.min(y(value), y(0)), Math.max(step - 1.5, 1), Math.max(Math.abs(y(value) - y(0)), 1));
    const beyond = value / scale > 1.5 ? -1 : value / scale < -0.5 ? 1 : 0;
    if (beyond) {
      pen.beginPath();
      const [x, tip] = [left + (step - 1.5) / 2, y(value) + beyond * 4];
      pen.moveTo(x, tip);
      pen.lineTo(x - step / 2, tip - beyond * 5);
      pen.lineTo(x + step / 2, tip - beyond * 5);
      pen.fill();
    }
  });
}
