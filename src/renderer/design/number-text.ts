/** What a number may be. */
export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  /** 1: whole numbers only. */
  readonly step: number | 'any';
}

/** The number that a text says, with a point or a comma; null where it says none, or one that is not within the bounds. */
export function numberIn(text: string, { min, max, step }: NumberBounds): number | null {
  const plain = text.trim().replace(',', '.');
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
  if (!(value >= min && value <= max)) return null;
  return step === 1 && !Number.isInteger(value) ? null : value;
}

/** One step up or down, and inside the bounds. */
export const stepped = (value: number, by: 1 | -1, { min, max, step }: NumberBounds): number =>
  Math.min(Math.max(value + by * (step === 'any' ? 1 : step), min), max);
