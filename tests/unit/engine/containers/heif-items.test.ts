import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { codedColour, coding } from '../../../../src/engine/containers/heif-items.ts';
import { boxesIn, makeBox, topBoxes } from '../../../../src/engine/containers/heif.ts';
import { bytesInMemory } from '../../../../src/engine/image/file-bytes.ts';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const full = (...content: readonly number[]): Buffer => Buffer.of(0, 0, 0, 0, ...content);
const colour = (primaries: number): Buffer => makeBox('colr', Buffer.from('nclx'), Buffer.of(0, primaries, 0, 13, 0, 6, 0x80));
const info = (item: number, kind: string, hidden = 0): Buffer =>
  makeBox('infe', Buffer.of(2, 0, 0, hidden, 0, item, 0, 0), Buffer.from(`${kind}\0`));

/** A file of boxes alone: a grid of four tiles, the first of which has Display P3, a thumbnail, and a picture of its own. */
function grid(primaryColours: readonly number[]): Buffer {
  const tiles = [2, 3, 4, 5];
  return makeBox(
    'meta',
    full(),
    makeBox('pitm', full(0, 1)),
    makeBox(
      'iinf',
      full(0, 8),
      info(1, 'grid'),
      ...tiles.map((tile) => info(tile, 'hvc1')),
      info(6, 'hvc1'),
      info(7, 'hvc1'),
      info(8, 'Exif'),
    ),
    makeBox(
      'iref',
      full(),
      makeBox('dimg', Buffer.of(0, 1, 0, 4, ...tiles.flatMap((tile) => [0, tile]))),
      makeBox('thmb', Buffer.of(0, 6, 0, 1, 0, 1)),
    ),
    makeBox(
      'iprp',
      makeBox('ipco', colour(12), colour(1)),
      makeBox('ipma', full(0, 0, 0, 2, 0, 1, primaryColours.length, ...primaryColours, 0, 2, 1, 1)),
    ),
  );
}

describe('items of a HEIF file', () => {
  it('tiles and thumbnails are no pictures', () => {
    expect(coding(bytesInMemory(grid([2]))).pictures).toBe(2);
  });

  it('the colours that count are those of the primary picture, or of the tiles it is made of', () => {
    expect(codedColour(bytesInMemory(grid([2])))).toEqual({ primaries: 1, transfer: 13 });
    expect(codedColour(bytesInMemory(grid([])))).toEqual({ primaries: 12, transfer: 13 });
  });

  it('boxes that end too early say nothing', () => {
    const whole = grid([2]);
    for (let length = 8; length < whole.length; length += 7) {
      const cut = Buffer.from(whole.subarray(0, length));
      cut.writeUInt32BE(length, 0);
      expect(() => coding(bytesInMemory(cut))).not.toThrow();
    }
  });
});

/** An AVIF file whose colours, not its opacity, are turned: a property more, and everything after it moved. */
function turned(file: Buffer, turn: Buffer): Buffer {
  const meta = [...topBoxes(bytesInMemory(file))].find(({ type }) => type === 'meta');
  if (meta === undefined) throw new Error('no meta');
  const bytes = file.subarray(meta.start, meta.end);
  const children = boxesIn(bytes, 12, bytes.length);
  const primary = bytes.readUInt16BE((children.find(({ type }) => type === 'pitm')?.content ?? 0) + 4);
  const rebuilt = children.map((child) => {
    if (child.type !== 'iprp') return bytes.subarray(child.start, child.end);
    const [container, associations] = boxesIn(bytes, child.content, child.end);
    if (container === undefined || associations === undefined) throw new Error('no properties');
    const count = boxesIn(bytes, container.content, container.end).length;
    const entries = Buffer.from(bytes.subarray(associations.content, associations.end));
    const pieces: Buffer[] = [entries.subarray(0, 8)];
    for (let at = 8; at < entries.length;) {
      const end = at + 3 + entries.readUInt8(at + 2);
      const entry = Buffer.from(entries.subarray(at, end));
      if (entry.readUInt16BE(0) === primary) {
        entry.writeUInt8(entry.readUInt8(2) + 1, 2);
        pieces.push(entry, Buffer.of(0x80 | (count + 1)));
      } else pieces.push(entry);
      at = end;
    }
    return makeBox('iprp', makeBox('ipco', bytes.subarray(container.content, container.end), turn), makeBox('ipma', ...pieces));
  });
  const made = makeBox('meta', bytes.subarray(8, 12), ...rebuilt);
  const shift = made.length - bytes.length;
  const locations = boxesIn(made, 12, made.length).find(({ type }) => type === 'iloc');
  if (locations === undefined) throw new Error('no iloc');
  // Version 0 or 1, offsets and lengths of 4 bytes, as sharp writes them.
  const version = made.readUInt8(locations.content);
  const base = made.readUInt8(locations.content + 5) >> 4;
  for (let at = locations.content + 8, left = made.readUInt16BE(locations.content + 6); left > 0; left -= 1) {
    at += version === 0 ? 4 : 6;
    if (base > 0) made.writeUIntBE(made.readUIntBE(at, base) + shift, at, base);
    at += base;
    const extents = made.readUInt16BE(at);
    at += 2;
    for (let extent = 0; extent < extents; extent += 1, at += 8) if (base === 0) made.writeUInt32BE(made.readUInt32BE(at) + shift, at);
  }
  return Buffer.concat([file.subarray(0, meta.start), made, file.subarray(meta.end)]);
}

it.each([
  ['a quarter against the clock', makeBox('irot', Buffer.of(1)), 48, 64, (x: number, y: number): number => 63 - y + 0 * x],
  ['half a turn', makeBox('irot', Buffer.of(2)), 64, 48, (x: number): number => 63 - x],
  ['a mirror', makeBox('imir', Buffer.of(1)), 64, 48, (x: number): number => 63 - x],
])('AVIF whose colours alone have %s: its opacity has it too', async (_, turn, width, height, sourceColumn) => {
  const samples = Uint8Array.from({ length: 64 * 48 * 4 }, (__, at) => (at % 4 === 3 ? 60 : 0) + ((at >> 2) % 64) * 3);
  const avif = await sharp(samples, { raw: { width: 64, height: 48, channels: 4 } })
    .avif({ quality: 95 })
    .toBuffer();
  const folder = await temporaryFolder();
  const path = join(folder, 'turned.avif');
  await writeFile(path, turned(avif, turn));
  const photo = await openPhoto(path, { maxMegapixels: 1, scratch: folder });
  expect([photo.pixels.width, photo.pixels.height]).toEqual([width, height]);
  for (const [x, y] of [
    [3, 5],
    [40, 40],
    [20, 45],
  ] as const) {
    const expected = sourceColumn(x, y) * 3;
    const colours = await photo.pixels.readRows(y, 1);
    const alphas = await photo.alpha?.readRows(y, 1);
    expect(Math.abs((colours[x * 3] ?? 0) - expected)).toBeLessThan(14);
    expect(Math.abs((alphas?.[x] ?? 0) - expected - 60)).toBeLessThan(14);
  }
  await photo.close();
});
