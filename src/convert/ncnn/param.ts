import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';

/** One line of a `.param` file. */
export interface Layer {
  readonly type: string;
  readonly name: string;
  /** Blob names. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly parameters: ReadonlyMap<number, Parameter>;
}

type Parameter = number | readonly number[];

const magic = '7767517';
/** Many times what the largest known networks have: 1,370 layers, 2,153 blobs. */
const mostLayers = 20_000;
const mostBlobsOfLayer = 64;
const mostArrayValues = 4096;
/** Identifiers up to this one mark an array: -23300 - id. */
const arrayMark = -23_300;

/**
 * The layers of a `.param` file, in order. Only the form of the text is checked here.
 * @throws Problem damaged-model-file where it is not one
 */
export function parseParam(text: string, file: string): Layer[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const wrong = (line: number, why: Sentence): Problem =>
    new Problem('damaged-model-file', sentence('import.noNcnn', { name: file, line: line + 1, why }));
  if (lines[0]?.trim() !== magic) throw wrong(0, sentence('import.why.notMagic', { magic }));
  const [layerCount = Number.NaN, blobCount = Number.NaN] = (lines[1] ?? '').trim().split(/\s+/).map(Number);
  const body = lines.slice(2);
  if (!(layerCount <= mostLayers) || !(blobCount <= mostLayers * 4)) throw wrong(1, sentence('import.why.layerNumber'));
  if (layerCount !== body.length) {
    throw wrong(1, sentence('import.why.layersPromised', { promised: layerCount, found: body.length }));
  }
  return body.map((line, index) => parseLayer(line.trim().split(/\s+/), (why) => wrong(index + 2, why)));
}

function parseLayer([type = '', name = '', inputCount, outputCount, ...rest]: readonly string[], wrong: (why: Sentence) => Problem): Layer {
  const [ins, outs] = [Number(inputCount), Number(outputCount)];
  const isCount = (count: number): boolean => Number.isInteger(count) && count >= 0 && count <= mostBlobsOfLayer;
  if (name === '' || !isCount(ins) || !isCount(outs) || rest.length < ins + outs) throw wrong(sentence('import.why.noLayer'));
  const parameters = new Map(rest.slice(ins + outs).map((word) => parseParameter(word, wrong)));
  return { type, name, inputs: rest.slice(0, ins), outputs: rest.slice(ins, ins + outs), parameters };
}

/** `id=number`, or with a marked id `id=count,number,…`. */
function parseParameter(word: string, wrong: (why: Sentence) => Problem): [id: number, value: Parameter] {
  const [, key, value = ''] = /^(-?\d+)=(.*)$/.exec(word) ?? [];
  const start = word.slice(0, 40);
  if (key === undefined) throw wrong(sentence('import.why.parameterForm', { text: start }));
  const id = Number(key);
  const numbers = value.split(',').map(Number);
  if (numbers.some((number) => !Number.isFinite(number))) throw wrong(sentence('import.why.parameterNumber', { text: start }));
  const [first = -1, ...others] = numbers;
  if (id > arrayMark) {
    if (others.length > 0) throw wrong(sentence('import.why.parameterValues', { text: start }));
    return [id, first];
  }
  if (first !== others.length || first > mostArrayValues) throw wrong(sentence('import.why.parameterList', { text: start }));
  return [arrayMark - id, others];
}

/** A number of a layer, or `missing` where the line does not say. */
export function numberOf({ parameters }: Layer, id: number, missing = 0): number {
  const value = parameters.get(id);
  return typeof value === 'number' ? value : missing;
}

/** A list of a layer; empty where the line has none. */
export function listOf({ parameters }: Layer, id: number): readonly number[] {
  const value = parameters.get(id);
  return typeof value === 'object' ? value : [];
}
