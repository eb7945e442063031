import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { trainingPython } from '../../scripts/run-tests.mjs';

/** A Python with PyTorch: the training kit's, or another one by ONESTEP_PYTHON; null where there is none. */
export const referencePython = process.env.ONESTEP_PYTHON ?? trainingPython();

export interface ReferencePicture {
  /** Names the files `<stem>.source` and `<stem>.result`: float32, [1, planes, height, width] and [1, planes, scale height, scale width]. */
  readonly stem: string;
  readonly height: number;
  readonly width: number;
  readonly scale: number;
  /** Taken and given. */
  readonly planes: readonly [number, number];
}

export interface ReferenceCase {
  readonly name: string;
  /** The file of the network's weights. */
  readonly weights: string;
  readonly pictures: readonly ReferencePicture[];
}

/** Runs references/write.py, which says what the names mean and fills `folder`. */
export async function writeReferences(folder: string, names: readonly string[]): Promise<ReferenceCase[]> {
  if (referencePython === null) throw new Error('There is no Python with PyTorch.');
  await promisify(execFile)(referencePython, [join(import.meta.dirname, 'references', 'write.py'), folder, ...names]);
  return JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')) as ReferenceCase[];
}

export async function readNumbers(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Signal-to-noise ratio in dB: the reference's variance over the mean squared difference. */
export function signalToNoise(reference: Float32Array, result: Float32Array): number {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  let [signal, noise] = [0, 0];
  for (const [index, value] of reference.entries()) {
    signal += (value - mean) ** 2;
    noise += (value - (result[index] ?? NaN)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
