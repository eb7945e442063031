import { createHash } from 'node:crypto';
import type { Density } from '../tiff/exif.ts';

/**
 * Photoshop image resources (Adobe Photoshop file format specification, "Image Resources Section"): where JPEG and TIFF
 * files keep IPTC.
 */
const thumbnails = [0x0409, 0x040c];
const iptc = 0x0404;
const iptcDigest = 0x0425;
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

export interface ResourceChange {
  readonly density: Density | null;
  readonly withIptc: boolean;
  /** The IPTC records of the result, where they lie elsewhere in it. */
  readonly records: Uint8Array | null;
}

/** The resources for the enlarged picture: without thumbnails, with the resolution where given; empty where nothing is left. */
export function patchResources(bytes: Uint8Array, { density, withIptc, records }: ResourceChange): Uint8Array {
  const blocks = parse(bytes)
    .filter(({ id }) => !thumbnails.includes(id) && (withIptc || id !== iptc))
    .map(({ id, block, content }) => {
      // A checksum of the records, by which programs know whether these and XMP say the same.
      if (id === iptcDigest && records !== null && content.length === 16) {
        return Buffer.concat([block.subarray(0, block.length - 16), createHash('md5').update(records).digest()]);
      }
      if (id !== resolutionInfo || density === null || content.length !== 16) return block;
      const copy = Buffer.from(block);
      const at = copy.length - content.length;
      // Fixed-point 16.16 dots per inch, at 0 across and at 8 down.
      copy.writeUInt32BE(fixed(density.x), at);
      copy.writeUInt32BE(fixed(density.y), at + 8);
      return copy;
    });
  return Buffer.concat(blocks);
}

const fixed = (dpi: number): number => Math.min(0xffffffff, Math.round(dpi * 65_536));

/** The IPTC records (IIM) among the resources, all of them, or null. */
export function iptcRecords(bytes: Uint8Array): Uint8Array | null {
  const found = parse(bytes).filter(({ id }) => id === iptc);
  return found.length === 0 ? null : Buffer.concat(found.map(({ content }) => content));
}

/** IPTC records as a resource without a name. */
export function iptcResource(records: Uint8Array): Uint8Array {
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(records.length, 8);
  return Buffer.concat([head, records, Buffer.alloc(records.length % 2)]);
}

const recordMarker = 0x1c;
/** Written as numbers of four bytes, records are turned round in fours by some programs. */
export function recordsApart(bytes: Buffer | null): Buffer | null {
  if (bytes === null || bytes.length < 4 || bytes[0] === recordMarker || bytes[3] !== recordMarker) return bytes;
  return Buffer.from(bytes.subarray(0, bytes.length & ~3)).swap32();
}

/** But for padding. */
export function sameRecords(a: Uint8Array, b: Uint8Array): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return Buffer.compare(shorter, longer.subarray(0, shorter.length)) === 0 && longer.subarray(shorter.length).every((byte) => byte === 0);
}
