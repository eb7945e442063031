import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { WeightReader } from './bin.ts';
import { isPictureToPicture } from '../source-network.ts';
import { layerKinds } from './layers.ts';
import { numberOf, type Layer } from './param.ts';
import type { Blob } from './translation.ts';

/**
 * The network of an ncnn file as a graph: input `image` [1, planes, height, width] to output `enlarged`. 0…1.
 * @throws Problem unsupported-model (names the layer), damaged-model-file
 */
export function translate(layers: readonly Layer[], weights: WeightReader, name: string): Graph {
  const builder = new GraphBuilder(name);
  const blobs = new Map<string, Blob>();
  for (const layer of layers) {
    const refuse = (why: Sentence): Problem =>
      new Problem('unsupported-model', sentence('import.layer', { layer: layer.name, type: layer.type, name, why }));
    if (layer.type === 'Input') {
      if (blobs.size > 0) throw refuse(sentence('import.why.secondInput'));
      for (const blob of layer.outputs) {
        const channels = planesOf(layers, blob);
        blobs.set(blob, { value: builder.input('image', [1, channels, 'height', 'width']), channels, isVector: false });
      }
      continue;
    }
    const kind = Object.hasOwn(layerKinds, layer.type) ? layerKinds[layer.type] : undefined;
    if (kind === undefined) throw refuse(sentence('import.why.layerKind'));
    const results = kind({ builder, layer, inputs: inputsOf(layer, blobs, refuse), weights, refuse });
    for (const [index, blob] of layer.outputs.entries()) {
      const result = results[index];
      if (result === undefined) throw refuse(sentence('import.why.moreOutputs'));
      blobs.set(blob, result);
    }
  }
  weights.finish();
  const taken = [...blobs.values()][0]?.channels ?? 3;
  const end = endOf(layers, blobs, name, taken);
  builder.output('enlarged', end.value, [1, end.channels, 'enlarged_height', 'enlarged_width']);
  return builder.finish();
}

/** What the convolution that looks at the picture first takes: files do not say it elsewhere. */
function planesOf(layers: readonly Layer[], picture: string): number {
  const same = new Set([picture]);
  for (const layer of layers) {
    if (!layer.inputs.some((blob) => same.has(blob))) continue;
    if (layer.type === 'Split') for (const blob of layer.outputs) same.add(blob);
    if (layer.type !== 'Convolution') continue;
    const columns = numberOf(layer, 1);
    const planes = numberOf(layer, 6) / (numberOf(layer, 0) * columns * numberOf(layer, 11, columns));
    return planes === 1 || planes === 4 ? planes : 3;
  }
  return 3;
}

/** What the layers before it wrote for this one. */
function inputsOf(layer: Layer, blobs: ReadonlyMap<string, Blob>, refuse: (why: Sentence) => Problem): Blob[] {
  const inputs = layer.inputs.map((blob) => {
    const known = blobs.get(blob);
    if (known === undefined) throw refuse(sentence('import.why.unwritten', { blob }));
    return known;
  });
  if (inputs.length === 0 && layer.type !== 'MemoryData') throw refuse(sentence('import.why.noInput'));
  return inputs;
}

/** The picture that the last layer gives. */
function endOf(layers: readonly Layer[], blobs: ReadonlyMap<string, Blob>, name: string, taken: number): Blob {
  const end = blobs.get(layers.at(-1)?.outputs[0] ?? '');
  if (end !== undefined && isPictureToPicture(taken, end.channels)) return end;
  throw new Problem('unsupported-model', sentence('import.noPicture', { name, found: end?.channels ?? 0 }));
}
