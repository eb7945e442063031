import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { TensorProto } from '../graph/onnx-messages.ts';
import type { LateBytes } from '../graph/tensor.ts';
import { inWords } from './decode.ts';

/**
 * The bytes of a tensor in a file beside `model`, read when they are wanted.
 * @throws Problem unsafe-model-file where the file is not inside the model's folder, damaged-model-file where it is too short
 */
export function externalBytes(model: string, { name, externalData }: TensorProto, length: number): LateBytes {
  const field = (key: string): string | undefined => externalData.find((entry) => entry.key === key)?.value;
  const location = field('location') ?? '';
  const offset = Number(field('offset') ?? 0);
  const file = basename(model);
  if (!isInside(location)) {
    throw new Problem('unsafe-model-file', sentence('import.readsOutside', { name: file, other: inWords(location) }));
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || Number(field('length') ?? length) !== length) {
    throw new Problem(
      'damaged-model-file',
      sentence('import.tensorPlace', { name: file, tensor: inWords(name), other: inWords(location) }),
    );
  }
  return { length, read: () => readPart(model, resolve(dirname(model), location), offset, length) };
}

/** Checks that all bytes will be there before anything is written. */
export async function checkExternalFiles(model: string, tensors: readonly { location: string; end: number }[]): Promise<void> {
  for (const { location, end } of tensors) {
    const path = resolve(dirname(model), location);
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) {
      throw new Problem('not-found', sentence('import.weightsNotBeside', { other: inWords(location), name: basename(model) }));
    }
    await refuseEscape(model, path);
    if (end > size)
      throw new Problem('damaged-model-file', sentence('import.tooShort', { other: inWords(location), name: basename(model) }));
  }
}

/** A relative path that does not climb out. */
function isInside(location: string): boolean {
  if (location === '' || isAbsolute(location) || /^[A-Za-z]:|^[\\/]|\0/.test(location)) return false;
  return !location.split(/[\\/]/).includes('..');
}

/** A link inside the folder may still lead out of it. */
async function refuseEscape(model: string, path: string): Promise<void> {
  const way = relative(await realpath(dirname(model)), await realpath(path));
  if (isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`)) {
    throw new Problem('unsafe-model-file', sentence('import.linkOutside', { name: basename(model), other: basename(path) }));
  }
}

async function readPart(model: string, path: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    if (bytesRead !== length)
      throw new Problem('damaged-model-file', sentence('import.tooShort', { other: basename(path), name: basename(model) }));
    return bytes;
  } finally {
    await handle.close();
  }
}
