import type { CodedColour } from '../containers/container.ts';
import { newSamples } from '../image/samples.ts';
import { tagsOf } from './profile.ts';

/** From stored values to light, both 0…1 and rising. */
type Curve = (value: number) => number;

/** Tables of levels, for each channel. */
export interface Tone {
  /** As the file has them → about as sRGB has them, which is what models know. */
  readonly seen: readonly LevelTable[];
  /** And back. */
  readonly stored: readonly LevelTable[];
}
type LevelTable = Uint8Array | Uint16Array;

/** What of a photo says how bright its values are meant. */
export interface ToneSource {
  readonly icc: Uint8Array | null;
  /** Of PNG's gAMA: the exponent that was applied, times 100000. */
  readonly gamma: number | null;
  readonly coded: CodedColour | null;
}

/** Exponents of a curve, taken at half its values: 2.2 is sRGB's, 1.8 that of ProPhoto RGB, 1 is linear. Further away models do badly. */
const [leastExponent, largestExponent] = [1.5, 3.2];
const linearTransfer = 8;

/** Null where the photo's values are near enough to those of sRGB, or where nothing says how they are meant. */
export function toneOf(source: ToneSource, channels: 1 | 3, bits: 8 | 16): Tone | null {
  const curves = curvesOf(source, channels);
  if (!curves?.some(isFar)) return null;
  const full = 2 ** bits - 1;
  const seen = curves.map((curve) => table(bits, (level) => encoded(curve(level / full)) * full));
  const stored = curves.map((curve) => inverseTable(curve, bits));
  return { seen, stored };
}

function isFar(curve: Curve): boolean {
  const exponent = Math.log(curve(0.5)) / Math.log(0.5);
  return !(exponent >= leastExponent && exponent <= largestExponent);
}

function curvesOf({ icc, gamma, coded }: ToneSource, channels: 1 | 3): readonly Curve[] | null {
  if (icc !== null) return profileCurves(icc, channels);
  const same = (curve: Curve): Curve[] => Array.from({ length: channels }, () => curve);
  if (coded !== null) return coded.transfer === linearTransfer ? same((value) => value) : null;
  return gamma === null || gamma === 0 ? null : same((value) => value ** (100_000 / gamma));
}

function profileCurves(icc: Uint8Array, channels: 1 | 3): readonly Curve[] | null {
  const tags = tagsOf(icc);
  const curves = (channels === 1 ? ['kTRC'] : ['rTRC', 'gTRC', 'bTRC']).map((name) => tags?.get(name)).map((tag) => tag && readCurve(tag));
  return curves.every((curve) => curve !== undefined && curve !== null) ? curves : null;
}

/** curveType and parametricCurveType (ICC.1:2010 §10.5, §10.15); null where it is malformed. */
function readCurve(tag: Buffer): Curve | null {
  const type = tag.toString('latin1', 0, 4);
  if (tag.length < 12) return null;
  if (type === 'curv') return readTable(tag);
  if (type !== 'para') return null;
  const count = [1, 3, 4, 5, 7][tag.readUInt16BE(8)];
  if (count === undefined || tag.length < 12 + 4 * count) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = -1, e = 0, f = 0] = Array.from(
    { length: count },
    (_, index) => tag.readInt32BE(12 + 4 * index) / 65_536,
  );
  // The second and third kinds have their break where the power's base is nothing, and the third one's c is an offset.
  if (count <= 4) return (x) => (a * x + b >= 0 ? (a * x + b) ** g : 0) + (count === 4 ? c : 0);
  return (x) => (x >= d ? (a * x + b) ** g + e : c * x + f);
}

function readTable(tag: Buffer): Curve | null {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (value) => value;
  if (tag.length < 12 + 2 * count) return null;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(12) / 256);
  return (value) => {
    const place = Math.min(1, Math.max(0, value)) * (count - 1);
    const from = Math.min(count - 2, Math.floor(place));
    const [low, high] = [tag.readUInt16BE(12 + 2 * from), tag.readUInt16BE(14 + 2 * from)];
    return (low + (high - low) * (place - from)) / 65_535;
  };
}

/** IEC 61966-2-1. */
const encoded = (light: number): number => (light <= 0.0031308 ? 12.92 * Math.max(0, light) : 1.055 * light ** (1 / 2.4) - 0.055);

function table(bits: 8 | 16, value: (level: number) => number): LevelTable {
  const levels = newSamples(bits, 2 ** bits);
  const full = levels.length - 1;
  for (let level = 0; level <= full; level += 1) levels[level] = Math.min(full, Math.max(0, Math.round(value(level))));
  return levels;
}

/** For each level as it is seen, the stored one that comes nearest to it. */
function inverseTable(curve: Curve, bits: 8 | 16): LevelTable {
  const full = 2 ** bits - 1;
  const steps = 4;
  let at = 0;
  const seen = (place: number): number => encoded(curve(place / (steps * full))) * full;
  return table(bits, (level) => {
    while (at < steps * full && Math.abs(seen(at + 1) - level) <= Math.abs(seen(at) - level)) at += 1;
    return at / steps;
  });
}
