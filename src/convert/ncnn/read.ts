import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { SourceNetwork } from '../source-network.ts';
import { WeightReader } from './bin.ts';
import { translate } from './network.ts';
import { parseParam } from './param.ts';

/** The largest known `.param` has 140 kB. */
const largestParam = 8 * 2 ** 20;
/** What Node reads in one piece. */
const largestBin = 2 ** 31 - 1;

/**
 * The network of a `.param` and a `.bin` file.
 * @throws Problem unsupported-model, damaged-model-file, not-found
 */
export async function readNcnn(param: string, bin: string): Promise<SourceNetwork> {
  const text = (await bounded(param, largestParam, sentence('import.paramTooLarge', { name: basename(param) }))).toString('latin1');
  const layers = parseParam(text, basename(param));
  const missing = sentence('import.notBeside', { file: basename(bin), model: basename(param) });
  const bytes = await bounded(bin, largestBin, sentence('import.binTooLarge', { name: basename(bin) }), missing);
  const graph = translate(layers, new WeightReader(bytes, basename(bin)), basename(param));
  const [taken, given] = [graph.inputs, graph.outputs].map(([port]) => Number(port?.dims[1] ?? 3));
  return {
    graph,
    layout: 'nchw',
    planes: { taken: taken ?? 3, given: given ?? 3 },
    kind: 'ncnn',
    ranges: ['unit'],
    mayBeResidual: true,
    close: () => Promise.resolve(),
  };
}

async function bounded(
  path: string,
  most: number,
  tooLarge: Sentence,
  missing = sentence('import.missing', { name: basename(path) }),
): Promise<Buffer> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Problem('not-found', missing, { advice: sentence('import.paramAndBin') });
  if (found.size > most) throw new Problem('unsupported-model', tooLarge);
  return readFile(path);
}
