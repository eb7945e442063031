/**
 * Noise that depends on seed and place alone, so that overlapping tiles are given the same and a part of a photo what the whole
 * is given: the counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) with the
 * place as counter and the seed as key, made normal by Box and Muller.
 */
export function normalNoise(seed: number, x: number, y: number, channel: number): number {
  const [first, second] = philox([x, y, channel, 0], [seed, 0]);
  // In (0, 1]: the logarithm of zero is not a number of noise.
  const radius = Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32));
  return radius * Math.cos((2 * Math.PI * second) / 2 ** 32);
}

type Words = readonly [number, number, number, number];

const rounds = 10;

/** Four words of 32 bits for a counter and a key. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < rounds; round += 1) {
    const [highA, highC] = [highProduct(0xd2511f53, a), highProduct(0xcd9e8d57, c)];
    const [lowA, lowC] = [Math.imul(0xd2511f53, a) >>> 0, Math.imul(0xcd9e8d57, c) >>> 0];
    [a, b, c, d] = [(highC ^ b ^ k) >>> 0, lowC, (highA ^ d ^ l) >>> 0, lowA];
    [k, l] = [(k + 0x9e3779b9) >>> 0, (l + 0xbb67ae85) >>> 0];
  }
  return [a, b, c, d];
}

/** The upper 32 bits of a product of 32-bit words; no part of the sum exceeds 2⁵³. */
function highProduct(a: number, b: number): number {
  const [highA, lowA, highB, lowB] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = highA * lowB + Math.floor((lowA * lowB) / 2 ** 16);
  const carry = (middle % 2 ** 16) + lowA * highB;
  return highA * highB + Math.floor(middle / 2 ** 16) + Math.floor(carry / 2 ** 16);
}
