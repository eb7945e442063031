import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OneStepManifest } from '../../shared/manifest.ts';
import { throwIfCancelled } from '../../shared/problem.ts';
import type { WorkWatch } from '../../shared/work-watch.ts';
import { sha256Of } from '../file-hash.ts';
import { countOf, type Tensor } from '../graph/tensor.ts';
import { encodeGraph, writeWeights } from '../graph/write.ts';
import type { StateDict } from '../weights/state-dict.ts';
import { unchanged, type AdapterFile, type Changes } from './adapters.ts';
import { decoderGraph, encoderGraph } from './autoencoder.ts';
import { folded, unfolded, type Conditioning } from './conditioning.ts';
import { latentFactor, type StableConfig } from './config.ts';
import type { Embedding } from './embedding.ts';
import { NetworkWeights } from './network-weights.ts';
import type { StoredKind } from '../graph/halves.ts';
import { unetGraph, type BuiltNetwork } from './unet.ts';

type HashedFile = OneStepManifest['weights'][number];
type Precision = 'fp32' | 'fp16';

/** Everything that a one-step model of Stable Diffusion is made of. */
interface StableParts {
  readonly config: StableConfig;
  readonly unet: { readonly tensors: StateDict };
  readonly vae: { readonly tensors: StateDict };
  readonly adapters: AdapterFile['networks'] | null;
  /** Which adapters make the U-Net that keeps to the pixels; null where there is no such. */
  readonly isPixel: ((adapter: string) => boolean) | null;
  readonly timestep: number;
  readonly embedding: Embedding;
  /** Side in pixels. */
  readonly tile: number;
  readonly fold: boolean;
  /** Half precision serves both kinds of arithmetic. */
  readonly kind: StoredKind;
}

/** What was written, how many numbers it has, and how many multiplications a tile takes. */
interface Written extends Pick<OneStepManifest, 'graphs' | 'weights'> {
  readonly parameters: number;
  readonly macsPerTile: number;
}

/** A graph of the model, in any precision. */
interface NetworkPart {
  /** Of its files, without their endings. */
  readonly name: 'encoder' | 'unet' | 'pixel-unet' | 'decoder';
  readonly weights: NetworkWeights;
  readonly build: (precision: Precision) => BuiltNetwork;
}

/** External data of one file at most: every system and library is at ease below 2 GiB. */
const largestData = 2 ** 31 - 2 ** 20;

/** The networks in the order in which they run. That of PiSA-SR's pixels is run beside the other when somebody asks for it. */
export function networkParts(parts: StableParts): NetworkPart[] {
  const { adapters, isPixel } = parts;
  const { unet = unchanged, vae = unchanged } = adapters ?? {};
  return [
    coderPart('encoder', parts, vae),
    unetPart('unet', parts, unet),
    ...(isPixel === null ? [] : [unetPart('pixel-unet', parts, only(unet, isPixel))]),
    coderPart('decoder', parts, vae),
  ];
}

/**
 * Writes the networks one after another into `folder`: each with weights of its own, which its precisions share.
 * @throws Problem cancelled, or an AbortError
 */
export async function writeNetworks(folder: string, parts: StableParts, { signal, onProgress }: WorkWatch): Promise<Written> {
  const precisions: Precision[] = parts.kind === 'float16' ? ['fp16', 'fp32'] : ['fp32'];
  const weights: HashedFile[] = [];
  const graphs = new Map<string, HashedFile>();
  let [parameters, macsPerTile] = [0, 0];
  const numbers = numbersOf(parts);
  let written = 0;
  const onTensor = ({ dims }: Tensor): void => {
    throwIfCancelled(signal);
    written += countOf(dims);
    // Folding leaves some out, and may put a few in.
    onProgress?.(Math.min(1, written / numbers));
  };
  for (const part of networkParts(parts)) {
    const built = precisions.map((precision) => ({ precision, ...part.build(precision) }));
    const contents = built.map(({ graph }) => graph);
    const places = await writeWeights(folder, `${part.name}.bin`, contents, largestData, onTensor);
    for (const file of new Set([...places.values()].map((place) => place.file))) weights.push(await hashed(folder, file, signal));
    for (const { precision, graph } of built) {
      const file = `${part.name}-${precision}.onnx`;
      await writeFile(join(folder, file), await encodeGraph(graph, places), { flag: 'wx' });
      graphs.set(`${part.name} ${precision}`, await hashed(folder, file, signal));
    }
    if (part.name === 'pixel-unet') continue;
    parameters += part.weights.parameters;
    macsPerTile += multiplications(built[0]?.work);
  }
  const file = (name: NetworkPart['name'], precision: Precision): HashedFile => {
    const found = graphs.get(`${name} ${precision}`);
    if (found === undefined) throw new Error(`${name} was not written`);
    return found;
  };
  const entries = precisions.map((precision) => ({
    precision,
    encoder: file('encoder', precision),
    unet: file('unet', precision),
    ...(graphs.has(`pixel-unet ${precision}`) ? { pixelUnet: file('pixel-unet', precision) } : {}),
    decoder: file('decoder', precision),
  }));
  return { graphs: entries, weights, parameters, macsPerTile };
}

const multiplications = (work: BuiltNetwork['work'] | undefined): number =>
  work === undefined ? 0 : work.convolutions + work.linear + work.attention;

/** As many as there are to be read: those of the U-Net once more where it is written twice. */
function numbersOf({ unet, vae, isPixel }: StableParts): number {
  const count = ({ tensors }: { readonly tensors: StateDict }): number =>
    [...tensors.values()].reduce((sum, { dims }) => sum + countOf(dims), 0);
  return count(unet) * (isPixel === null ? 1 : 2) + count(vae);
}

const hashed = async (folder: string, file: string, signal: AbortSignal | undefined): Promise<HashedFile> => ({
  file,
  sha256: await sha256Of(join(folder, file), signal),
});

const arithmetic = { fp32: 'float32', fp16: 'float16' } as const;

function unetPart(name: 'unet' | 'pixel-unet', parts: StableParts, changes: Changes): NetworkPart {
  const { config, embedding, timestep, fold } = parts;
  const weights = new NetworkWeights(parts.unet.tensors, changes, parts.kind);
  const side = parts.tile / latentFactor(config.autoencoder);
  const conditioning = (): Conditioning =>
    fold ? folded(weights, timestep, embedding) : unfolded(timestep, embedding, config.unet.channels[0] ?? 0);
  const build: NetworkPart['build'] = (precision) =>
    unetGraph({ weights, config: config.unet, conditioning: conditioning(), side, precision: arithmetic[precision] });
  return { name, weights, build };
}

function coderPart(name: 'encoder' | 'decoder', parts: StableParts, changes: Changes): NetworkPart {
  const weights = new NetworkWeights(parts.vae.tensors, changes, parts.kind);
  const request = { weights, config: parts.config.autoencoder, tile: parts.tile, fold: parts.fold };
  const graphOf = name === 'encoder' ? encoderGraph : decoderGraph;
  return { name, weights, build: (precision) => graphOf({ ...request, precision: arithmetic[precision] }) };
}

const only = ({ lowRank, replaced }: Changes, isWanted: (adapter: string) => boolean): Changes => ({
  replaced,
  lowRank: new Map([...lowRank].map(([layer, changes]) => [layer, changes.filter(({ adapter }) => isWanted(adapter))])),
});
