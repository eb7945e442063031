/**
 * Pictures with the statistics of photographs, for a network to be watched with: leaves of all sizes before one another, shaded and with
 * texture, lines as of writing, then blurred and with noise, each in a different measure. Side · side · 3 bytes each, RGB, the same everywhere.
 */
export function samplePictures(count: number, side: number, first = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => samplePicture(side, first + index + 1));
}

type Random = () => number;

function samplePicture(side: number, seed: number): Uint8Array {
  const random = randomFrom(seed);
  const brightness = 0.25 + 0.5 * random();
  const contrast = 0.08 + 0.5 * random() ** 2;
  const pixels = new Float32Array(side * side * 3).fill(brightness);
  const leaves = 20 + Math.floor(random() * 60);
  for (let leaf = 0; leaf < leaves; leaf += 1) draw(pixels, side, leafOf(side, random, brightness, contrast));
  if (random() < 0.12) for (let line = 0; line < 8; line += 1) draw(pixels, side, strokeOf(side, random));
  const soft = blurred(pixels, side, 1 + Math.floor(random() * 3));
  const noise = random() ** 2 * 0.025;
  return new Uint8Array(Uint8ClampedArray.from(soft, (value) => 255 * (value + noise * gaussian(random))).buffer);
}

/** Colour (0…1) of a place inside; null outside. */
type Shape = (x: number, y: number) => readonly [number, number, number] | null;

function leafOf(side: number, random: Random, brightness: number, contrast: number): Shape {
  // As many of each size as are seen in nature: the share of those larger than r falls with its square.
  const radius = Math.min(side, 3 / Math.sqrt(random() + 1e-3));
  const [left, top] = [random() * side, random() * side];
  const [long, angle] = [1 + random() * 2, random() * Math.PI];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const grey = brightness + contrast * (random() - 0.5) * 2;
  const colour = [0, 1, 2].map(() => grey + 0.25 * contrast * gaussian(random));
  const [slope, texture, pitch] = [(random() - 0.5) * contrast, random() < 0.3 ? 0.25 * contrast * random() : 0, 0.4 + random() * 2.5];
  return (x, y) => {
    const along = ((x - left) * cos + (y - top) * sin) / radius;
    const across = (((y - top) * cos - (x - left) * sin) / radius) * long;
    if (along ** 2 + across ** 2 > 1) return null;
    const shade = slope * along + texture * Math.sin(pitch * (x * cos - y * sin));
    const [red = 0, green = 0, blue = 0] = colour;
    return [red + shade, green + shade, blue + shade];
  };
}

/** A thin straight line, black or white. */
function strokeOf(side: number, random: Random): Shape {
  const [left, top, angle] = [random() * side, random() * side, random() * Math.PI];
  const [cos, sin, length, width] = [Math.cos(angle), Math.sin(angle), 3 + random() * 12, 0.6 + random()];
  const level = random() < 0.5 ? 0.15 : 0.85;
  return (x, y) => {
    const along = (x - left) * cos + (y - top) * sin;
    const across = (y - top) * cos - (x - left) * sin;
    return Math.abs(along) < length && Math.abs(across) < width ? [level, level, level] : null;
  };
}

function draw(pixels: Float32Array, side: number, shape: Shape): void {
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const colour = shape(x, y);
      if (colour !== null) pixels.set(colour, (y * side + x) * 3);
    }
  }
}

/** Means of 2 × 2 pixels, so many times. */
function blurred(pixels: Float32Array, side: number, times: number): Float32Array {
  if (times === 0) return pixels;
  const at = (x: number, y: number, colour: number): number =>
    pixels[(Math.min(y, side - 1) * side + Math.min(x, side - 1)) * 3 + colour] ?? Number.NaN;
  const soft = pixels.map((_, index) => {
    const [colour, pixel] = [index % 3, Math.floor(index / 3)];
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    return (at(x, y, colour) + at(x + 1, y, colour) + at(x, y + 1, colour) + at(x + 1, y + 1, colour)) / 4;
  });
  return blurred(soft, side, times - 1);
}

/** 0…1; Mulberry32. */
function randomFrom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Mean 0, deviation 1. */
const gaussian = (random: Random): number => Math.sqrt(-2 * Math.log(random() + 1e-9)) * Math.cos(2 * Math.PI * random());
