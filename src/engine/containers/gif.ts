import { inWindows, type Bytes } from '../image/file-bytes.ts';
import { bare, heldIn, namesOf, type Block, type Container, type Holding } from './container.ts';
import { afterBlocks, byteAt, firstFrame, heldShare, tableBytes } from './gif-frame.ts';

/** GIF (GIF89a §15–26): blocks of sub-blocks. It is only read. */
export const gif: Container = {
  begins: (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a'),
  walk,
  read(file) {
    const blocks = [...walk(file)];
    const held = (holds: Holding): Buffer[] => blocks.filter((block) => block.holds === holds).map((block) => joined(file, block));
    const comments = held('comments');
    const packet = heldIn(file, blocks, 'xmp');
    // A packet stands as it is, and is followed by what ends it for readers of sub-blocks (XMP specification part 3 §1.1.2).
    const end = packet?.lastIndexOf(Buffer.of(1, 0xff, 0xfe, 0xfd)) ?? -1;
    const xmp = end < 0 ? packet : packet!.subarray(0, end);
    return { ...bare, comments, xmp, icc: held('icc')[0] ?? null, names: namesOf({ XMP: xmp, comment: comments[0] }) };
  },
  coding: (file) => ({ frame: firstFrame(file)?.place }),
  heldShare,
  others: 'frames',
  lossless: true,
};

const extension = 0x21;
const image = 0x2c;
const end = 0x3b;
/** Labels of extensions. */
const control = 0xf9;
const comment = 0xfe;
const application = 0xff;
/** Extensions of applications, by identifier and code. How often an animation repeats is part of the film. */
const applications: Readonly<Record<string, Holding>> = {
  'NETSCAPE2.0': 'picture',
  'ANIMEXTS1.0': 'picture',
  'XMP DataXMP': 'xmp',
  ICCRGBG1012: 'icc',
};
const identifierBytes = 11;

/** Content is the sub-blocks with their lengths, as they lie in the file. */
function* walk(source: Bytes): Generator<Block> {
  const file = inWindows(source);
  const seen = new Set<Holding>();
  for (let at = 13 + tableBytes(byteAt(file, 10)); at < file.length;) {
    const kind = byteAt(file, at);
    if (kind === end) {
      yield { kind: 'end', offset: at, bytes: 1, holds: 'picture' };
      if (at + 1 < file.length) yield { kind: 'trailer', offset: at + 1, bytes: file.length - at - 1, holds: 'trailer' };
      return;
    }
    if (kind === image) {
      // Nine bytes of place and size, a palette, the length of the first codes.
      const start = at + 10 + tableBytes(byteAt(file, at + 9)) + 1;
      const after = Math.min(file.length, afterBlocks(file, start));
      yield { kind: 'image', offset: at, bytes: after - at, holds: 'picture' };
      at = after;
    } else if (kind === extension) {
      const label = byteAt(file, at + 1);
      const after = Math.min(file.length, afterBlocks(file, at + 2));
      const block = describedExtension(file, label, at + 2, after);
      const isAnother = (block.holds === 'xmp' || block.holds === 'icc') && seen.has(block.holds);
      seen.add(block.holds);
      yield isAnother ? { ...block, holds: 'other' } : block;
      at = after;
    } else {
      return;
    }
  }
}

function describedExtension(file: Bytes, label: number, offset: number, after: number): Block {
  const bytes = after - offset;
  if (label === control) return { kind: 'control', offset, bytes, holds: 'picture' };
  if (label === comment) return { kind: 'comment', offset, bytes, holds: 'comments' };
  if (label !== application) return { kind: label === 1 ? 'text' : `extension ${label}`, offset, bytes, holds: 'other' };
  const kind = file.read(offset + 1, identifierBytes).toString('latin1');
  const start = offset + 1 + identifierBytes;
  return { kind: kind.trim(), offset: start, bytes: after - start, holds: applications[kind] ?? 'other' };
}

/** The content of sub-blocks, without their lengths. */
function joined(file: Bytes, { offset, bytes }: Block): Buffer {
  const content = file.read(offset, bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const length = content[at]!;
    pieces.push(content.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return Buffer.concat(pieces);
}
