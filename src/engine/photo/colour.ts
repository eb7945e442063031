import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import type { CodedColour } from '../containers/container.ts';
import { containerOf } from '../containers/table.ts';
import { withBytes } from '../image/file-bytes.ts';
import { builtInProfile } from './decoder.ts';

/**
 * The name of an ICC profile: its `desc` tag, as textDescriptionType (ICC.1:2001 §6.5.17) or multiLocalizedUnicodeType
 * (ICC.1:2010 §10.13), English first. Null for anything malformed.
 */
export function profileName(profile: Uint8Array): string | null {
  const icc = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  if (icc.length < 132 || icc.toString('latin1', 36, 40) !== 'acsp') return null;
  const tags = Math.min(icc.readUInt32BE(128), Math.floor((icc.length - 132) / 12));
  for (let at = 132; at < 132 + tags * 12; at += 12) {
    if (icc.toString('latin1', at, at + 4) !== 'desc') continue;
    const start = icc.readUInt32BE(at + 4);
    return start + 12 > icc.length ? null : readText(icc.subarray(start, start + icc.readUInt32BE(at + 8)));
  }
  return null;
}

/** `RGB `, `GRAY`, `CMYK`, `Lab `: the data colour space in the profile's header. */
export const profileSpace = (profile: Uint8Array): string => Buffer.from(profile.subarray(16, 20)).toString('latin1');

function readText(tag: Buffer): string | null {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'desc') return clean(tag.toString('latin1', 12, 12 + tag.readUInt32BE(8)));
  if (type !== 'mluc' || tag.length < 28) return null;
  const records = Array.from({ length: Math.min(tag.readUInt32BE(8), Math.floor((tag.length - 16) / 12)) }, (_, i) => 16 + i * 12);
  const record = records.find((at) => tag.toString('latin1', at, at + 2) === 'en') ?? records[0];
  if (record === undefined) return null;
  const start = tag.readUInt32BE(record + 8);
  return clean(
    Buffer.from(tag.subarray(start, start + (tag.readUInt32BE(record + 4) & ~1)))
      .swap16()
      .toString('utf16le'),
  );
}

const clean = (text: string): string | null => text.replace(/\0.*$/s, '').trim() || null;

/** Whether a profile can describe a file of that many colours. */
export const profileFits = (profile: Uint8Array, channels: 1 | 3): boolean => profileSpace(profile) === (channels === 1 ? 'GRAY' : 'RGB ');

/** A profile for pixels that have left the source's colours, and code points that say more than a profile made here can. */
export async function describeColour(facts: PhotoFacts): Promise<{ icc: Uint8Array | null; coded: CodedColour | null }> {
  const { path, format, colour, profile } = facts;
  if (colour === 'cmyk' || colour === 'lab') return { icc: await builtInProfile('srgb'), coded: null };
  const coded = profile === null ? withBytes(path, (file) => containerOf(format).codedColour?.(file) ?? null) : null;
  const meaning = coded === null ? 'srgb' : meaningOf(coded);
  return { icc: meaning === 'p3' ? await builtInProfile('p3') : null, coded: meaning === 'other' ? coded : null };
}

const unspecified = 2;
const bt709 = 1;
const displayP3 = 12;
/** sRGB's own curve, and those of BT.709 and BT.601 that viewers treat as it. */
const srgbLike = [13, 1, 6, unspecified];
const names: Readonly<Record<number, string>> = { 4: 'BT.470 M', 5: 'BT.601', 6: 'BT.601', 9: 'BT.2020', 11: 'DCI-P3', 12: 'Display P3' };
const curves: Readonly<Record<number, string>> = { 8: 'linear', 14: '10-bit BT.2020', 15: '12-bit BT.2020', 16: 'PQ', 18: 'HLG' };

/** What a result without code points needs to look the same: nothing, a built-in profile, or what cannot be given. */
function meaningOf({ primaries, transfer }: CodedColour): 'srgb' | 'p3' | 'other' {
  if (!srgbLike.includes(transfer)) return 'other';
  if (primaries === bt709 || primaries === unspecified || primaries === 5 || primaries === 6) return 'srgb';
  return primaries === displayP3 ? 'p3' : 'other';
}

/** What people call code points. */
export const codedName = ({ primaries, transfer }: CodedColour): string =>
  [names[primaries] ?? `primaries ${primaries}`, ...(srgbLike.includes(transfer) ? [] : [curves[transfer] ?? `curve ${transfer}`])].join(
    ', ',
  );

/** PQ and HLG (ITU-R BT.2100): brighter than any white of the usual range. */
export const isHdr = (coded: CodedColour | null): coded is CodedColour => coded !== null && [16, 18].includes(coded.transfer);
