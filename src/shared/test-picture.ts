/**
 * The picture that imported models are tried with: side · side · 3 bytes, RGB, the same everywhere. Gradients, edges, texture and
 * thin strokes, one in each quarter.
 */
export function testPicture(side: number): Uint8Array {
  const pixels = new Uint8ClampedArray(side * side * 3);
  const half = side / 2;
  let seed = 1;
  // The constants of Numerical Recipes; 0…1.
  const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const noise = (random() + random() - 1) * 40;
      pixels.set(colourAt(x, y, side, half, noise), (y * side + x) * 3);
    }
  }
  return new Uint8Array(pixels.buffer);
}

function colourAt(x: number, y: number, side: number, half: number, noise: number): readonly [number, number, number] {
  const gradient = [(x / side) * 255, (y / side) * 255, (1 - (x + y) / (2 * side)) * 255] as const;
  if (y < half) {
    const isLight = (Math.floor(x / 3) + Math.floor(y / 3)) % 2 === 0;
    return x < half ? gradient : isLight ? [225, 215, 60] : [30, 40, 95];
  }
  const texture = 128 + noise + 20 * Math.sin(x * 1.3);
  if (x < half) return [texture, texture, texture];
  return (x * 2 + y) % 9 === 0 ? [25, 25, 30] : [240, 240, 235];
}
