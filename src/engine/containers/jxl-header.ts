import type { CodedColour } from './container.ts';

/** What the first bytes of a JPEG XL codestream say of its picture (ISO/IEC 18181-1:2022 §C–E), as far as it is asked here. */
export interface JxlHeader {
  /** Pixels, before the picture is turned. */
  readonly width: number;
  readonly height: number;
  /** 1…8, as in EXIF; the decoder turns the picture. */
  readonly orientation: number;
  readonly isAnimated: boolean;
  /** Of a sample; 16 or 32 where samples are floating-point numbers. */
  readonly bits: number;
  readonly extra: readonly ('alpha' | 'black' | 'other')[];
  /** Whether samples stand for colours as the eye sees them, which is never done without loss. */
  readonly isXyb: boolean;
  readonly isGrey: boolean;
  /** How colours are meant; null where a profile says it, or numbers that no code stands for. */
  readonly colour: CodedColour | null;
}

/** @returns null for anything that ends too early or cannot be */
export function readJxlHeader(codestream: Uint8Array): JxlHeader | null {
  try {
    return header(new Bits(codestream));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A value of so many bits, added to a number; or that number alone. */
type Choice = readonly [base: number, bits: number];

/** Bits from the lowest of a byte to its highest (§B.2.2). */
class Bits {
  readonly #bytes: Uint8Array;
  /** The first two bytes say that it is a codestream. */
  #at = 16;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new RangeError('the header ends too early');
      value += ((byte >> (this.#at & 7)) & 1) * 2 ** bit;
    }
    return value;
  }

  bool(): boolean {
    return this.u(1) === 1;
  }

  /** One of four ways to write a number (§B.2.3). */
  choice(...choices: readonly [Choice, Choice, Choice, Choice]): number {
    const [base, bits] = choices[this.u(2) as 0 | 1 | 2 | 3];
    return base + this.u(bits);
  }

  enum(): number {
    return this.choice([0, 0], [1, 0], [2, 4], [18, 6]);
  }
}

const sizeChoices = [
  [1, 9],
  [1, 13],
  [1, 18],
  [1, 30],
] as const;
const previewChoices = [
  [1, 6],
  [65, 8],
  [321, 10],
  [1345, 12],
] as const;
const previewEighths = [
  [16, 0],
  [32, 0],
  [1, 5],
  [33, 9],
] as const;
/** Width of a height, by its code (§D.2). */
const ratios = [1, 1, 6 / 5, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2] as const;

function header(bits: Bits): JxlHeader {
  const { width, height } = size(bits);
  const plain = { width, height, orientation: 1, isAnimated: false, bits: 8, extra: [], isXyb: true, isGrey: false, colour: srgb };
  if (bits.bool()) return plain;
  const { orientation, isAnimated } = bits.bool() ? extraFields(bits) : plain;
  const depth = bitDepth(bits);
  bits.u(1);
  const count = bits.choice([0, 0], [1, 0], [2, 4], [1, 12]);
  const extra = Array.from({ length: count }, () => extraChannel(bits));
  const isXyb = bits.bool();
  return { width, height, orientation, isAnimated, bits: depth, extra, isXyb, ...colourEncoding(bits) };
}

function size(bits: Bits): { width: number; height: number } {
  const isSmall = bits.bool();
  const side = (): number => (isSmall ? 8 * (1 + bits.u(5)) : bits.choice(...sizeChoices));
  const height = side();
  const ratio = bits.u(3) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
  return { height, width: ratio === 0 ? side() : Math.floor(height * ratios[ratio]) };
}

function extraFields(bits: Bits): { orientation: number; isAnimated: boolean } {
  const orientation = 1 + bits.u(3);
  if (bits.bool()) size(bits);
  if (bits.bool()) {
    const side = bits.bool() ? () => bits.choice(...previewEighths) : () => bits.choice(...previewChoices);
    side();
    if (bits.u(3) === 0) side();
  }
  const isAnimated = bits.bool();
  if (isAnimated) {
    bits.choice([100, 0], [1000, 0], [1, 10], [1, 30]);
    bits.choice([1, 0], [1001, 0], [1, 8], [1, 10]);
    bits.choice([0, 0], [0, 3], [0, 16], [0, 32]);
    bits.u(1);
  }
  return { orientation, isAnimated };
}

function bitDepth(bits: Bits): number {
  if (!bits.bool()) return bits.choice([8, 0], [10, 0], [12, 0], [1, 6]);
  const depth = bits.choice([32, 0], [16, 0], [24, 0], [1, 6]);
  bits.u(4);
  return depth;
}

/** Codes of §D.3.6. */
const alpha = 0;
const spotColour = 2;
const black = 4;
const filterArray = 5;

function extraChannel(bits: Bits): 'alpha' | 'black' | 'other' {
  if (bits.bool()) return 'alpha';
  const type = bits.enum();
  bitDepth(bits);
  bits.choice([0, 0], [3, 0], [4, 0], [1, 3]);
  const nameBytes = bits.choice([0, 0], [0, 4], [16, 5], [48, 10]);
  for (let byte = 0; byte < nameBytes; byte++) bits.u(8);
  if (type === alpha) bits.u(1);
  if (type === spotColour) bits.u(64);
  if (type === filterArray) bits.choice([1, 0], [0, 2], [3, 4], [19, 8]);
  return type === alpha ? 'alpha' : type === black ? 'black' : 'other';
}

const srgb: CodedColour = { primaries: 1, transfer: 13 };
/** Codes of §E.2. Where they name what ITU-T H.273 names too, they are its numbers. */
const grey = 1;
const custom = 2;
const whiteD65 = 1;
const p3 = 11;
const displayP3 = 12;

function colourEncoding(bits: Bits): { isGrey: boolean; colour: CodedColour | null } {
  if (bits.bool()) return { isGrey: false, colour: srgb };
  const hasProfile = bits.bool();
  const space = bits.enum();
  if (hasProfile || space > grey) return { isGrey: space === grey, colour: null };
  const point = (): void => {
    for (let axis = 0; axis < 2; axis++) bits.choice([0, 19], [524288, 19], [1048576, 20], [2097152, 21]);
  };
  const white = bits.enum();
  if (white === custom) point();
  const primaries = space === grey ? srgb.primaries : bits.enum();
  if (primaries === custom) for (let colour = 0; colour < 3; colour++) point();
  const hasGamma = bits.bool();
  const transfer = hasGamma ? bits.u(24) : bits.enum();
  const isCoded = !hasGamma && white === whiteD65 && primaries !== custom;
  return { isGrey: space === grey, colour: isCoded ? { primaries: primaries === p3 ? displayP3 : primaries, transfer } : null };
}
