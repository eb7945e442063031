import sharp from 'sharp';

/**
 * Landscapes that look like photographs from afar and are computed: sky with clouds, ranges of mountains in haze, a meadow. Another one for
 * every seed, the same on every computer.
 */

/** Even noise 0…1 for whole places. */
const hash = (x, y, seed) => {
  let n = Math.imul(x, 374_761_393) + Math.imul(y, 668_265_263) + Math.imul(seed, 974_711);
  n = Math.imul(n ^ (n >>> 13), 1_274_126_177);
  return ((n ^ (n >>> 16)) >>> 0) / 4_294_967_296;
};

/** Smooth between whole places. */
function smooth(x, y, seed) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const ease = (t) => t * t * (3 - 2 * t);
  const [u, v] = [ease(x - left), ease(y - top)];
  const above = hash(left, top, seed) * (1 - u) + hash(left + 1, top, seed) * u;
  const below = hash(left, top + 1, seed) * (1 - u) + hash(left + 1, top + 1, seed) * u;
  return above * (1 - v) + below * v;
}

/** Sums of ever finer noise, 0…1. */
function cloudy(x, y, seed, octaves) {
  let [sum, weight, all] = [0, 0.5, 0];
  for (let octave = 0; octave < octaves; octave += 1) {
    sum += weight * smooth(x * 2 ** octave, y * 2 ** octave, seed + octave);
    all += weight;
    weight /= 2;
  }
  return sum / all;
}

const mix = (from, to, share) => from.map((value, index) => value + (to[index] - value) * share);
const clamp = (value) => Math.min(1, Math.max(0, value));
const hours = [
  { zenith: [70, 120, 190], horizon: [225, 225, 215], light: [255, 244, 220] },
  { zenith: [60, 70, 130], horizon: [250, 180, 120], light: [255, 200, 140] },
  { zenith: [130, 150, 175], horizon: [215, 215, 220], light: [220, 225, 235] },
  { zenith: [30, 60, 120], horizon: [190, 210, 230], light: [240, 240, 250] },
];

/** The colour of one pixel; `x` and `y` in 0…1 of the width. */
function colourAt(x, y, height, seed) {
  const { zenith, horizon, light } = hours[seed % hours.length];
  const down = y / height;
  // The nearest range that reaches up to here hides the others.
  for (let range = 0; range < 4; range += 1) {
    const foot = height * (0.78 - 0.11 * range + 0.02 * (seed % 3));
    const rise = height * [0.06, 0.2, 0.34, 0.4][range];
    const edge = foot - rise * (cloudy(x * (1.3 + range * 0.8) + seed * 1.7, range * 7, seed + range * 31, 7) - 0.2);
    if (y < edge) continue;
    const rock = cloudy(x * 40, y * 60, seed + range, 5);
    const slope = cloudy(x * 9 + 3, y * 14, seed + range * 5, 5) - cloudy(x * 9 + 3.06, y * 14 + 0.05, seed + range * 5, 5);
    const snow = range > 1 ? clamp((0.09 * rock - (y - edge)) * 60) : 0;
    const ground =
      range === 0 ? mix([52, 84, 34], [150, 160, 80], cloudy(x * 160, y * 70, seed, 4) ** 1.5) : mix([62, 66, 60], [128, 118, 104], rock);
    const lit = mix(mix(ground, [240, 242, 248], snow), light, clamp(0.1 + slope * 4));
    return mix(lit, horizon, 0.17 * range);
  }
  const cloud = clamp((cloudy(x * 3.5 + seed, y * 7, seed + 90, 6) - 0.48) * 3.4) * (1 - 0.5 * down);
  return mix(mix(zenith, horizon, clamp(down * 2.2)), light, cloud);
}

/** @param {string} path @param {number} width @param {number} height @param {number} seed @param {number} quality of the JPEG */
export async function writeScenery(path, width, height, seed, quality = 72) {
  const samples = Buffer.alloc(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const colour = colourAt(column / width, row / width, height / width, seed);
      const grain = (hash(column, row, seed) - 0.5) * 7;
      for (let channel = 0; channel < 3; channel += 1)
        samples[(row * width + column) * 3 + channel] = Math.min(255, Math.max(0, colour[channel] + grain));
    }
  }
  await sharp(samples, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toFile(path);
}
