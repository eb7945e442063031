/**
 * Photoshop image resources (Adobe Photoshop file format specification, "Image Resources Section"): where JPEG and TIFF
 * files keep IPTC.
 */
const thumbnails = [0x0409, 0x040c];
const iptc = 0x0404;
const resolutionInfo = 0x03ed;

interface Resource {
  readonly id: number;
  /** The whole block with its header. */
  readonly block: Buffer;
  readonly content: Buffer;
}

function parse(bytes: Uint8Array): Resource[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Resource[] = [];
  for (let at = 0; at + 12 <= all.length;) {
    if (!['8BIM', 'MeSa', 'PHUT', 'AgHg', 'DCSR'].includes(all.toString('latin1', at, at + 4))) break;
    const nameBytes = 1 + all.readUInt8(at + 6);
    const lengthAt = at + 6 + nameBytes + (nameBytes % 2);
    if (lengthAt + 4 > all.length) break;
    const length = all.readUInt32BE(lengthAt);
    const end = lengthAt + 4 + length;
    if (end > all.length) break;
    found.push({
      id: all.readUInt16BE(at + 4),
      block: all.subarray(at, Math.min(all.length, end + (length % 2))),
      content: all.subarray(lengthAt + 4, end),
    });
    at = end + (length % 2);
  }
  return found;
}

/** The resources for the enlarged picture: without thumbnails, with the resolution where given; empty where nothing is left. */
export function patchResources(bytes: Uint8Array, { dpi, withIptc }: { dpi: number | null; withIptc: boolean }): Uint8Array {
  const blocks = parse(bytes)
    .filter(({ id }) => !thumbnails.includes(id) && (withIptc || id !== iptc))
    .map(({ id, block, content }) => {
      if (id !== resolutionInfo || dpi === null || content.length !== 16) return block;
      const copy = Buffer.from(block);
      const at = copy.length - content.length;
      // Fixed-point 16.16 dots per inch, at 0 across and at 8 down.
      copy.writeUInt32BE(Math.round(dpi * 65_536), at);
      copy.writeUInt32BE(Math.round(dpi * 65_536), at + 8);
      return copy;
    });
  return Buffer.concat(blocks);
}

/** The IPTC records (IIM) among the resources, or null. */
export const iptcRecords = (bytes: Uint8Array): Uint8Array | null => parse(bytes).find(({ id }) => id === iptc)?.content ?? null;

/** IPTC records as a resource without a name. */
export function iptcResource(records: Uint8Array): Uint8Array {
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(records.length, 8);
  return Buffer.concat([head, records, Buffer.alloc(records.length % 2)]);
}
