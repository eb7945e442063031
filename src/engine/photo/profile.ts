/** The tags of an ICC profile by name (ICC.1:2010 §7.3); null where it is none, or where one of them lies outside. */
export function tagsOf(profile: Uint8Array): ReadonlyMap<string, Buffer> | null {
  const icc = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  if (icc.length < tableAt || icc.toString('latin1', 36, 40) !== 'acsp') return null;
  const count = icc.readUInt32BE(tableAt - 4);
  if (tableAt + 12 * count > icc.length) return null;
  const tags = new Map<string, Buffer>();
  for (let at = tableAt; at < tableAt + 12 * count; at += 12) {
    const [start, length] = [icc.readUInt32BE(at + 4), icc.readUInt32BE(at + 8)];
    if (start < tableAt || start + length > icc.length) return null;
    tags.set(icc.toString('latin1', at, at + 4), icc.subarray(start, start + length));
  }
  return tags;
}

/** Where the table of tags begins, after their number. */
const tableAt = 132;

/** What a profile of a kind cannot do without: one of these sets. */
const needs: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'RGB ': [['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'], ['A2B0']],
  GRAY: [['kTRC'], ['A2B0']],
  CMYK: [['A2B0']],
};

/**
 * A profile as it can be written into a result: with its true length, or null where a part of it is missing, so that programs would
 * make of it what they like.
 */
export function soundProfile(profile: Uint8Array): { readonly icc: Uint8Array | null; readonly repaired: boolean } {
  const tags = tagsOf(profile);
  const space = Buffer.from(profile.subarray(16, 20)).toString('latin1');
  const isWhole = tags !== null && (needs[space] ?? [[]]).some((set) => set.every((name) => tags.has(name)));
  if (!isWhole) return { icc: null, repaired: false };
  const icc = Buffer.from(profile);
  if (icc.readUInt32BE(0) === icc.length) return { icc: profile, repaired: false };
  icc.writeUInt32BE(icc.length, 0);
  // The checksum, which the length is part of, may be left out.
  icc.fill(0, 84, 100);
  return { icc, repaired: true };
}
