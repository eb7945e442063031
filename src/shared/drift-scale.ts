/**
 * How a drift map shows differences of 8-bit levels. The colours are those of Matplotlib's "viridis" (CC0), which grow evenly lighter
 * and are told apart with every kind of colour vision, and in grey.
 */
const stops = [
  [0x44, 0x01, 0x54],
  [0x47, 0x2d, 0x7b],
  [0x3b, 0x52, 0x8b],
  [0x2c, 0x72, 0x8e],
  [0x21, 0x91, 0x8c],
  [0x28, 0xae, 0x80],
  [0x5e, 0xc9, 0x62],
  [0xad, 0xdc, 0x30],
  [0xfd, 0xe7, 0x25],
] as const;

/** This many levels and more have the lightest colour. */
export const fullDrift = 32;

/** Red, green, blue 0…255 of a difference of `levels`. */
export function driftColour(levels: number): readonly [number, number, number] {
  const at = (Math.min(fullDrift, Math.max(0, levels)) / fullDrift) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(at));
  const mixed = (channel: 0 | 1 | 2): number => {
    const [from, to] = [stops[index]?.[channel] ?? 0, stops[index + 1]?.[channel] ?? 0];
    return Math.round(from + (to - from) * (at - index));
  };
  return [mixed(0), mixed(1), mixed(2)];
}
