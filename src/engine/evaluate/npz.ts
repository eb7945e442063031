import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBufferPromise, type ZipFile } from 'yauzl';
import { numpyHeader } from '../../shared/numpy.ts';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';

export interface NumberArray {
  readonly shape: readonly number[];
  /** In C order. */
  readonly values: Float64Array;
}

/** Parameters are a few kilobytes; nothing larger is read. */
const mostBytes = 1 << 20;

/**
 * The arrays of little-endian doubles of a file of `numpy.savez`, by name; others are passed over.
 * @returns null where there is no file
 * @throws Problem damaged-model-file
 */
export async function readNpz(path: string): Promise<Map<string, NumberArray> | null> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return null;
  try {
    return await arraysOf(await fromBufferPromise(bytes, { lazyEntries: true }));
  } catch (error) {
    throw new Problem('damaged-model-file', sentence('metric.unreadable', { file: basename(path) }), {
      detail: `${path}: ${messageOf(error)}`,
      cause: error,
    });
  }
}

async function arraysOf(archive: ZipFile): Promise<Map<string, NumberArray>> {
  const arrays = new Map<string, NumberArray>();
  for await (const entry of archive.eachEntry()) {
    const [, name] = /^(.+)\.npy$/.exec(entry.fileName) ?? [];
    if (name === undefined) continue;
    if (entry.uncompressedSize > mostBytes) throw new Error(`${entry.fileName} has ${entry.uncompressedSize} bytes`);
    const parts: Buffer[] = [];
    for await (const part of await archive.openReadStreamPromise(entry)) parts.push(part as Buffer);
    const array = arrayOf(Buffer.concat(parts));
    if (array !== null) arrays.set(name, array);
  }
  return arrays;
}

/** Null where they are no doubles. */
function arrayOf(file: Buffer): NumberArray | null {
  const header = numpyHeader(file);
  if (header === null) throw new Error('an array does not begin as NumPy writes it');
  const { descr, inColumns, shape, start } = header;
  if (descr !== '<f8') return null;
  const length = shape.reduce((product, size) => product * size, 1);
  if (file.length !== start + 8 * length) throw new Error('an array has more or fewer numbers than it says');
  const values = Float64Array.from({ length }, (_, index) => file.readDoubleLE(start + 8 * index));
  return { shape, values: inColumns ? inRows(values, shape) : values };
}

/** From columns one after the other to rows one after the other. */
function inRows(values: Float64Array, [rows = 1, columns = 1]: readonly number[]): Float64Array {
  if (rows * columns !== values.length) throw new Error('an array in columns has more than two dimensions');
  return Float64Array.from({ length: values.length }, (_, index) => values[(index % columns) * rows + Math.floor(index / columns)]!);
}
