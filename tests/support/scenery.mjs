import sharp from 'sharp';

/**
 * Landscapes that look like photographs from afar and are computed: sky with clouds, ranges of mountains in haze, a meadow. Another one for
 * every seed, the same on every computer.
 */

/** Even noise 0…1 for whole places. @type {(x: number, y: number, seed: number) => number} */
const hash = (x, y, seed) => {
  let n = Math.imul(x, 374_761_393) + Math.imul(y, 668_265_263) + Math.imul(seed, 974_711);
  n = Math.imul(n ^ (n >>> 13), 1_274_126_177);
  return ((n ^ (n >>> 16)) >>> 0) / 4_294_967_296;
};

/** Smooth between whole places. @param {number} x @param {number} y @param {number} seed */
function smooth(x, y, seed) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const ease = (/** @type {number} */ t) => t * t * (3 - 2 * t);
  const [u, v] = [ease(x - left), ease(y - top)];
  const above = hash(left, top, seed) * (1 - u) + hash(left + 1, top, seed) * u;
  const below = hash(left, top + 1, seed) * (1 - u) + hash(left + 1, top + 1, seed) * u;
  return above * (1 - v) + below * v;
}

/** Sums of ever finer noise, 0…1. @param {number} x @param {number} y @param {number} seed @param {number} octaves */
function cloudy(x, y, seed, octaves) {
  let sum = 0;
  let weight = 0.5;
  let all = 0;
  for (let octave = 0; octave < octaves; octave += 1) {
    sum += weight * smooth(x * 2 ** octave, y * 2 ** octave, seed + octave);
    all += weight;
    weight /= 2;
  }
  return sum / all;
}

/** Red, green and blue, 0…255. @typedef {readonly [number, number, number]} Colour */
/** @type {(from: Colour, to: Colour, share: number) => Colour} */
const mix = ([r, g, b], [toR, toG, toB], share) => [r + (toR - r) * share, g + (toG - g) * share, b + (toB - b) * share];
const clamp = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
/** @type {readonly { zenith: Colour, horizon: Colour, light: Colour }[]} */
const hours = [
  { zenith: [70, 120, 190], horizon: [225, 225, 215], light: [255, 244, 220] },
  { zenith: [60, 70, 130], horizon: [250, 180, 120], light: [255, 200, 140] },
  { zenith: [130, 150, 175], horizon: [215, 215, 220], light: [220, 225, 235] },
  { zenith: [30, 60, 120], horizon: [190, 210, 230], light: [240, 240, 250] },
];
/** How high the ranges rise, nearest first. */
const rises = [0.06, 0.2, 0.34, 0.4];

/** The colour of one pixel; `x` and `y` in 0…1 of the width. @param {number} x @param {number} y @param {number} height @param {number} seed @returns {Colour} */
function colourAt(x, y, height, seed) {
  const hour = hours[seed % hours.length];
  if (hour === undefined) throw new Error('a seed is a whole number of 0 or more');
  const { zenith, horizon, light } = hour;
  const down = y / height;
  // The nearest range that reaches up to here hides the others.
  for (const [range, share] of rises.entries()) {
    const foot = height * (0.78 - 0.11 * range + 0.02 * (seed % 3));
    const rise = height * share;
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
      for (const [channel, value] of colour.entries())
        samples[(row * width + column) * 3 + channel] = Math.min(255, Math.max(0, value + grain));
    }
  }
  await sharp(samples, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toFile(path);
}
