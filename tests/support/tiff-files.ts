import { writeFile } from 'node:fs/promises';
import { tiffDirectory, tiffDirectoryBytes, tiffHeader, numbersEntry, type TiffEntry } from '../../src/engine/tiff/write.ts';

type Type = Parameters<typeof numbersEntry>[1];

/** An uncompressed little-endian TIFF of one strip, with `more` tags in place of the usual ones or beside them. */
export async function writeTiff(
  path: string,
  picture: { width: number; height: number; samples: Uint8Array | Uint16Array; channels: number; bits?: number },
  more: Readonly<Record<number, readonly [Type, readonly number[]]>> = {},
): Promise<string> {
  const { width, height, samples, channels } = picture;
  const bits = picture.bits ?? samples.BYTES_PER_ELEMENT * 8;
  const layout = { big: false, littleEndian: true };
  const values = (dataAt: number): Record<number, readonly [Type, readonly number[]]> => ({
    256: ['short', [width]],
    257: ['short', [height]],
    258: ['short', Array.from({ length: channels }, () => bits)],
    259: ['short', [1]],
    262: ['short', [channels >= 3 ? 2 : 1]],
    273: ['long', [dataAt]],
    277: ['short', [channels]],
    278: ['short', [height]],
    279: ['long', [samples.byteLength]],
    284: ['short', [1]],
    ...more,
  });
  const entries = (dataAt: number): TiffEntry[] =>
    Object.entries(values(dataAt)).map(([tag, [type, numbers]]) => numbersEntry(Number(tag), type, numbers));
  const dataAt = 8 + tiffDirectoryBytes(entries(0), layout);
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  await writeFile(path, Buffer.concat([tiffHeader(layout, 8), tiffDirectory(entries(dataAt), layout, 8), bytes]));
  return path;
}
