import { basename } from 'node:path';
import * as z from 'zod';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { countOf } from '../graph/tensor.ts';
import { elementTypes, typeOfSafetensors } from './element-types.ts';
import type { RandomFile } from './random-file.ts';
import { damaged, foreignName, storedTensor, type StateDict, type StoredTensor } from './state-dict.ts';

/** Stable Diffusion's header has 0.2 MiB. */
const largestHeaderBytes = 32 * 2 ** 20;

const length = z.int().min(0);
const entrySchema = z.object({ dtype: z.string(), shape: z.array(length).max(32), data_offsets: z.tuple([length, length]) });

interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly tensor: StoredTensor;
}

/** Whether the file begins like safetensors: the length of the header, then the header's brace. */
export async function isSafetensors(file: RandomFile): Promise<boolean> {
  return file.size >= 9 && (await file.read(8, 1))[0] === 0x7b;
}

/**
 * Reads the header of a .safetensors file: the length of a JSON text (u64), the text, then the tensors.
 * @throws Problem damaged-model-file where the header lies: sizes that do not fit the shapes, tensors outside the file or in each other
 */
export async function readSafetensors(file: RandomFile): Promise<StateDict> {
  const headerBytes = Number(new DataView((await file.read(0, 8)).buffer).getBigUint64(0, true));
  if (headerBytes > largestHeaderBytes) throw damaged(file.path, sentence('import.why.headerSize', { bytes: headerBytes }));
  const header = parseHeader(file, new TextDecoder().decode(await file.read(8, headerBytes)));
  const places = header.map(([name, entry]) => placeOf(file, name, entry, 8 + headerBytes));
  let reached = 0;
  for (const { name, begin, end } of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached) throw damaged(file.path, sentence('import.why.tensorOverlaps', { tensor: name }));
    reached = end;
  }
  return new Map(places.map(({ name, tensor }) => [name, tensor]));
}

function parseHeader(file: RandomFile, text: string): [string, unknown][] {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw damaged(file.path, sentence('import.why.headerNotJson'), error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw damaged(file.path, sentence('import.why.headerNoTable'));
  return Object.entries(header).filter(([name]) => name !== '__metadata__');
}

function placeOf(file: RandomFile, name: string, entry: unknown, dataStart: number): Place {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) throw damaged(file.path, sentence('import.why.headerEntry', { tensor: name }), parsed.error);
  const { dtype, shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  const type = typeOfSafetensors(dtype);
  if (type === undefined)
    throw new Problem('unsupported-model', sentence('import.unknownNumbers', { name: basename(file.path), kind: foreignName(dtype) }));
  if (end - begin !== countOf(shape) * elementTypes[type].bytes)
    throw damaged(file.path, sentence('import.why.tensorSize', { tensor: name }));
  if (dataStart + end > file.size) throw damaged(file.path, sentence('import.why.tensorOutside', { tensor: name }));
  return { name, begin, end, tensor: storedTensor(type, shape, () => file.read(dataStart + begin, end - begin)) };
}
