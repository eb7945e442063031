import type { Bytes } from '../image/file-bytes.ts';
import {
  markText,
  roomForExifAndXmp,
  type Attachments,
  type Choices,
  type CodedColour,
  type Coding,
  type OutputContainer,
} from './container.ts';
import { boxesIn, brandsOf, makeBox, readLocations, topBoxes, type Box, type Location } from './heif.ts';
import { readItems, walkItems } from './heif-contents.ts';
import { codedColour, coding, filmFrames } from './heif-items.ts';
import type { Part } from './parts.ts';

/** AVIF: HEIF with pictures coded as AV1. */
export const avif: OutputContainer = {
  begins: (head) => brandsOf(head).some((brand) => brand === 'avif' || brand === 'avis'),
  walk: walkItems,
  read: readItems,
  codedColour,
  coding: (file) => asPicture(file, coding(file)),
  others: 'pictures',
  lossless: false,
  room: { ...roomForExifAndXmp, coded: true },
  colourOnly: true,
  failOn: 'warning',
  mostBytesPerPixel: () => 0.7,
  likelyBytesPerPixel: 0.08,
  encoderBytesPerPixel: 12,
  write: {
    encode: (image, { quality, chroma, effort }) =>
      image.avif({ quality: quality ?? 100, effort: efforts[effort], chromaSubsampling: chroma, bitdepth: 8 }),
    parts,
  },
};

/** Of the encoder's 0…9: each step further takes about twice the time. */
const efforts: Readonly<Record<Choices['effort'], number>> = { fast: 2, balanced: 4, small: 6 };

/** A film of pictures has its first frame as a picture too, which the decoder reads once the file calls itself one. */
function asPicture(file: Bytes, picture: Coding): Coding {
  if (file.read(8, 4).toString('latin1') !== 'avis') return picture;
  const bytes = async (from: Bytes): Promise<Uint8Array> => {
    const renamed = Buffer.from(await (picture.bytes?.(from) ?? from.read(0, from.length)));
    renamed.write('avif', 8, 'latin1');
    return renamed;
  };
  return { ...picture, bytes, frames: filmFrames(file) ?? undefined };
}

/**
 * The `meta` box (ISO/IEC 14496-12 §8.11, 23008-12 §6) is written anew with EXIF and XMP as items that describe the picture and ICC as a
 * property of it; their bytes follow at the end of the file.
 */
function parts(encoded: Bytes, attachments: Attachments): Part[] {
  const meta = [...topBoxes(encoded)].find(({ type }) => type === 'meta');
  if (meta === undefined) throw new Error('an AVIF file without a meta box');
  const { start, end } = meta;
  const bytes = encoded.read(start, end - start);
  const items = [
    // The four zero bytes say that the TIFF stream begins right after them.
    ...(attachments.exif ? [{ type: 'Exif', content: '', bytes: Buffer.concat([Buffer.alloc(4), attachments.exif]) }] : []),
    ...(attachments.xmp ? [{ type: 'mime', content: 'application/rdf+xml\0', bytes: Buffer.from(attachments.xmp) }] : []),
  ];
  const rebuild = (shift: number): Buffer =>
    newMeta(bytes, { items, colour: colourOf(attachments), shift, itemsAt: encoded.length + shift + 8 });
  // The length of the box does not depend on the positions in it.
  const shift = rebuild(0).length - bytes.length;
  return [
    { from: 0, length: start },
    rebuild(shift),
    { from: end, length: encoded.length - end },
    makeBox('mdat', ...items.map((item) => item.bytes)),
    makeBox('free', markText),
  ];
}

const colourOf = ({ icc, coded }: Attachments): Uint8Array | null =>
  icc !== null ? Buffer.concat([Buffer.from('prof'), icc]) : coded === null ? null : nclx(coded);

/** Of the encoder's pictures: luma and chroma by ITU-R BT.601, full range (as AV1's own header has them, too). */
const [bt601, fullRange] = [6, 0x80];

/** How colours are meant, by code points. */
function nclx({ primaries, transfer }: CodedColour): Buffer {
  const content = Buffer.alloc(7);
  content.writeUInt16BE(primaries, 0);
  content.writeUInt16BE(transfer, 2);
  content.writeUInt16BE(bt601, 4);
  content.writeUInt8(fullRange, 6);
  return Buffer.concat([Buffer.from('nclx'), content]);
}

interface Insertion {
  readonly items: readonly { type: string; content: string; bytes: Buffer }[];
  /** Content of a `colr` property. */
  readonly colour: Uint8Array | null;
  /** How far everything after the meta box moves. */
  readonly shift: number;
  /** Where the new items' bytes will lie. */
  readonly itemsAt: number;
}

function newMeta(bytes: Buffer, insertion: Insertion): Buffer {
  const children = boxesIn(bytes, 12, bytes.length);
  const child = (type: string): Box | undefined => children.find((box) => box.type === type);
  const need = (type: string): Box => {
    const found = child(type);
    if (found === undefined) throw new Error(`an AVIF file without ${type}`);
    return found;
  };
  const pitm = need('pitm');
  const primary = bytes.readUInt8(pitm.content) === 0 ? bytes.readUInt16BE(pitm.content + 4) : bytes.readUInt32BE(pitm.content + 4);
  const locations = readLocations(bytes, need('iloc'));
  const firstId = Math.max(...locations.map(({ item }) => item)) + 1;
  const ids = insertion.items.map((_, index) => firstId + index);
  let at = insertion.itemsAt;
  const moved = [
    ...locations.map((location) => ({
      ...location,
      extents: location.extents.map(({ offset, length }) => ({
        offset: location.construction === 0 ? offset + insertion.shift : offset,
        length,
      })),
    })),
    ...insertion.items.map((item, index) => {
      const extent = { offset: at, length: item.bytes.length };
      at += item.bytes.length;
      return { item: ids[index]!, construction: 0, extents: [extent] };
    }),
  ];
  const rebuilt: Record<string, () => Buffer> = {
    iloc: () => makeLocations(moved),
    iinf: () =>
      appendedInfos(
        bytes,
        need('iinf'),
        insertion.items.map((item, index) => makeInfo(ids[index]!, item.type, item.content)),
      ),
    iprp: () =>
      insertion.colour ? withColour(bytes, need('iprp'), primary, insertion.colour) : bytes.subarray(need('iprp').start, need('iprp').end),
    iref: () => withReferences(bytes, child('iref'), ids, primary),
  };
  const contents = children.map((box) => rebuilt[box.type]?.() ?? bytes.subarray(box.start, box.end));
  if (child('iref') === undefined && ids.length > 0) contents.push(withReferences(bytes, undefined, ids, primary));
  return makeBox('meta', bytes.subarray(8, 12), ...contents);
}

/** Version 1, with 8-byte positions and 4-byte lengths. */
function makeLocations(locations: readonly Location[]): Buffer {
  const head = Buffer.of(1, 0, 0, 0, 0x84, 0x00, locations.length >> 8, locations.length & 255);
  const entries = locations.map(({ item, construction, extents }) => {
    const entry = Buffer.alloc(8 + extents.length * 12);
    entry.writeUInt16BE(item, 0);
    entry.writeUInt16BE(construction, 2);
    entry.writeUInt16BE(extents.length, 6);
    extents.forEach(({ offset, length }, index) => {
      entry.writeBigUInt64BE(BigInt(offset), 8 + index * 12);
      entry.writeUInt32BE(length, 16 + index * 12);
    });
    return entry;
  });
  return makeBox('iloc', head, ...entries);
}

/** An item information entry, version 2. */
function makeInfo(id: number, type: string, content: string): Buffer {
  return makeBox('infe', Buffer.of(2, 0, 0, 0, id >> 8, id & 255, 0, 0), Buffer.from(`${type}\0${content}`, 'latin1'));
}

function appendedInfos(bytes: Buffer, box: Box, infos: readonly Buffer[]): Buffer {
  const head = Buffer.from(bytes.subarray(box.content, box.content + (bytes.readUInt8(box.content) === 0 ? 6 : 8)));
  if (head.length === 6) head.writeUInt16BE(head.readUInt16BE(4) + infos.length, 4);
  else head.writeUInt32BE(head.readUInt32BE(4) + infos.length, 4);
  return makeBox('iinf', head, bytes.subarray(box.content + head.length, box.end), ...infos);
}

/** `cdsc` references say which picture an item describes. */
function withReferences(bytes: Buffer, box: Box | undefined, ids: readonly number[], primary: number): Buffer {
  const wide = box !== undefined && bytes.readUInt8(box.content) === 1;
  const references = ids.map((id) => {
    const content = Buffer.alloc(wide ? 10 : 6);
    if (wide) content.writeUInt32BE(id, 0);
    else content.writeUInt16BE(id, 0);
    content.writeUInt16BE(1, wide ? 4 : 2);
    if (wide) content.writeUInt32BE(primary, 6);
    else content.writeUInt16BE(primary, 4);
    return makeBox('cdsc', content);
  });
  return makeBox('iref', box ? bytes.subarray(box.content, box.end) : Buffer.alloc(4), ...references);
}

/** Adds a `colr` property and associates it with the primary item. */
function withColour(bytes: Buffer, box: Box, primary: number, colour: Uint8Array): Buffer {
  const children = boxesIn(bytes, box.content, box.end);
  return makeBox(
    'iprp',
    ...children.map((each) => {
      if (each.type === 'ipco') return makeBox('ipco', bytes.subarray(each.content, each.end), makeBox('colr', colour));
      const properties = children.find(({ type }) => type === 'ipco');
      const index = properties ? boxesIn(bytes, properties.content, properties.end).length + 1 : 1;
      return each.type === 'ipma' ? associated(bytes, each, primary, index) : bytes.subarray(each.start, each.end);
    }),
  );
}

function associated(bytes: Buffer, box: Box, primary: number, index: number): Buffer {
  const idBytes = bytes.readUInt8(box.content) === 0 ? 2 : 4;
  const indexBytes = (bytes.readUInt8(box.content + 3) & 1) === 1 ? 2 : 1;
  const pieces: Uint8Array[] = [bytes.subarray(box.content, box.content + 8)];
  for (let at = box.content + 8; at < box.end;) {
    const count = bytes.readUInt8(at + idBytes);
    const end = at + idBytes + 1 + count * indexBytes;
    const entry = Buffer.from(bytes.subarray(at, end));
    if (entry.readUIntBE(0, idBytes) === primary) {
      entry.writeUInt8(count + 1, idBytes);
      pieces.push(entry, indexBytes === 2 ? Buffer.of(index >> 8, index & 255) : Buffer.of(index));
    } else {
      pieces.push(entry);
    }
    at = end;
  }
  return makeBox('ipma', ...pieces);
}
