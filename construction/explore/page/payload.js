// The content of the page: entries as JSON, and in them numbers, packed and deflated.

const TYPES = {
  f8: Float64Array, f4: Float32Array, i2: Int16Array, i8: BigInt64Array, u1: Uint8Array,
};

/** All entries, with arrays in place of {start, shape, type}; what is no vector keeps its shape. */
async function unpacked() {
  const entries = await (await inflated("entries")).json();
  return withNumbers(entries, await (await inflated("numbers")).arrayBuffer());
}

async function inflated(id) {
  const letters = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}

function withNumbers(value, numbers) {
  if (Array.isArray(value)) return value.map((one) => withNumbers(one, numbers));
  if (value === null || typeof value !== "object") return value;
  if ("start" in value && "shape" in value) {
    const count = value.shape.reduce((product, length) => product * length, 1);
    const array = new TYPES[value.type](numbers, value.start, count);
    if ("order" in value) return fromDifferences(array, value);
    return value.shape.length > 1 ? Object.assign(array, { shape: value.shape }) : array;
  }
  const pairs = Object.entries(value).map(([key, one]) => [key, withNumbers(one, numbers)]);
  return Object.fromEntries(pairs);
}

/** A table whose logarithms were kept as differences down its columns, bytes in four planes. */
function fromDifferences(planes, { rows, order, fine, least }) {
  const count = planes.length / 4, columns = count / rows;
  const sums = Int32Array.from({ length: count }, (_, k) => {
    const [a, b, c, d] = [0, 1, 2, 3].map((plane) => planes[plane * count + k]);
    const unsigned = a | (b << 8) | (c << 16) | (d << 24);
    return (unsigned >>> 1) ^ -(unsigned & 1);
  });
  for (let round = 0; round < order; round++) {
    for (let k = rows; k < count; k++) sums[k] += sums[k - rows];
  }
  return Float64Array.from(sums, (_, k) =>
    Math.exp(sums[(k % columns) * rows + Math.floor(k / columns)] / fine) - least);
}
