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
