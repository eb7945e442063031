import { expect, it } from 'vitest';
import { walkItems } from '../../../../src/engine/containers/heif-contents.ts';
import { bytesInMemory } from '../../../../src/engine/image/file-bytes.ts';
import { box } from '../../../support/metadata-files.ts';

const short = (...values: readonly number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const full = (version: number): Buffer => Buffer.of(version, 0, 0, 0);

/** A file whose pictures, all of a kind and each with a place, are those of the first few items of a phone's, and tens of thousands more. */
function manyItems(count: number): Buffer {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const infos = ids.map((id) => box('infe', full(2), short(id, 0), Buffer.from('av01\0')));
  const places = ids.map((id) => Buffer.concat([short(id, 0, 1), Buffer.alloc(8)]));
  return Buffer.concat([
    box('ftyp', Buffer.from('avif\0\0\0\0avif')),
    box(
      'meta',
      full(0),
      box('pitm', full(0), short(1)),
      box('iinf', full(0), short(count), ...infos),
      box('iloc', full(0), Buffer.of(0x44, 0), short(count), ...places),
      box('iref', full(0), box('thmb', short(2, 1, 1)), box('auxl', short(3, 1, 1))),
    ),
  ]);
}

it('tells what further items hold, and takes no longer for many than for few', () => {
  const blocks = [...walkItems(bytesInMemory(manyItems(4)))];
  expect(blocks.map(({ kind, holds }) => `${kind} ${holds}`)).toEqual([
    'ftyp picture',
    'meta picture',
    'av01 copies',
    'av01 other',
    'av01 pictures',
  ]);
  const started = performance.now();
  expect([...walkItems(bytesInMemory(manyItems(60_000)))].length).toBe(60_001);
  // One by one they would take minutes.
  expect(performance.now() - started).toBeLessThan(5000);
});
