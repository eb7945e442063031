import { access, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Diffusion } from '../../shared/diffusion.ts';
import type { DiffusionDetails } from '../../shared/engine-protocol.ts';
import type { OneStepManifest } from '../../shared/manifest.ts';
import { Problem } from '../../shared/problem.ts';
import { sha256Of } from '../file-hash.ts';
import { encodeGraph, writeWeights } from '../graph/write.ts';
import { paperHabits, type AdapterLayout, type Habits } from './adapter-layouts.ts';
import { openAdapters, unchanged, type AdapterFile, type Changes } from './adapters.ts';
import { decoderGraph, encoderGraph } from './autoencoder.ts';
import { folded, unfolded, type Conditioning } from './conditioning.ts';
import { latentFactor, readConfig, tileMultiple, type StableConfig } from './config.ts';
import { readEmbedding, type Embedding } from './embedding.ts';
import { openNetwork, type NetworkFiles } from './folder.ts';
import { autoencoderKeys, unetKeys } from './keys.ts';
import { NetworkWeights } from './network-weights.ts';
import { unetGraph, type BuiltNetwork } from './unet.ts';

type HashedFile = OneStepManifest['weights'][number];

/** What is converted, beside what a person says. */
export interface StableSource {
  /** In the layout of diffusers, with `unet` and `vae`. */
  readonly folder: string;
  /** Side of a tile in pixels of the enlarged photo: 512, which Stable Diffusion was trained with. */
  readonly tile?: number;
  /** Without, what a fixed step and context make constant is left to the graphs: slower and larger, to compare with. */
  readonly fold?: boolean;
}

/** What the files of a converted model say about it; the engine runs it and writes the manifest. */
export interface OneStepDraft extends Pick<OneStepManifest, 'scale' | 'diffusion' | 'graphs' | 'options'> {
  readonly kind: string;
  readonly weights: HashedFile[];
  /** The files that it was made of. */
  readonly sources: readonly HashedFile[];
  /** Of the card. */
  readonly facts: { readonly timestep: number; readonly parameters: number; readonly macsPerTile: number };
}

/** External data of one file at most: Windows and protocol buffers are safe below 2 GiB. */
const largestData = 2 ** 31 - 2 ** 20;

/**
 * Converts Stable Diffusion 2 with what a one-step model adds to it into the graphs that the engine runs, written into `target`, which exists
 * and is empty. At no time is more than a few tensors in memory.
 * @throws Problem not-found, unsupported-model, bad-request, damaged-model-file, unsafe-model-file: whatever is wrong with the files
 */
export async function convertStable(source: StableSource, details: DiffusionDetails, target: string): Promise<OneStepDraft> {
  const { folder, tile = 512 } = source;
  const config = await readConfig(folder);
  if (tile % tileMultiple(config) !== 0) throw new Error(`a tile of ${String(tile)} pixels does not fit the levels`);
  const keys = { unet: unetKeys(config.unet), vae: autoencoderKeys(config.autoencoder) };
  const opened: { close(): Promise<void> }[] = [];
  const kept = <Opened extends { close(): Promise<void> }>(file: Opened): Opened => {
    opened.push(file);
    return file;
  };
  try {
    const unet = kept(await openNetwork(folder, 'unet', keys.unet));
    const vae = kept(await openNetwork(folder, 'vae', keys.vae));
    const adapters = details.lora === undefined ? null : kept(await openAdapters(details.lora, keys, details.loraScale ?? null));
    const step = stepOf(folder, config, details, adapters?.layout ?? null);
    const { path, embedding } = await embeddingOf(details, config);
    const written = await new Writer({ source, config, unet, vae, adapters, timestep: step.timestep, embedding, target }, details).write();
    const files = [...unet.files, ...vae.files, ...(details.lora === undefined ? [] : [details.lora]), path];
    return {
      ...written,
      kind: kindOf(adapters),
      scale: 4,
      diffusion: diffusionOf(config, step, tile),
      options: {
        strength: { default: 1 },
        ...(adapters?.layout.isPixel == null ? {} : { semantic: { default: 1 } }),
        fidelity: { default: 0 },
      },
      sources: await Promise.all(files.map(async (file) => ({ file: basename(file), sha256: await sha256Of(file) }))),
      facts: { ...written.facts, timestep: step.timestep },
    };
  } finally {
    for (const file of opened) await file.close();
  }
}

/** What a person says, or else what the adapters' authors do, or else the paper. */
function stepOf(folder: string, { prediction }: StableConfig, { step, timestep }: DiffusionDetails, layout: AdapterLayout | null): Habits {
  const habits = layout ?? paperHabits;
  if (step === undefined && prediction === 'v_prediction') {
    throw new Problem('unsupported-model', `${basename(folder)} predicts v, not the noise: it is Stable Diffusion 2.1 for 768 pixels.`, {
      advice: 'Choose Stable Diffusion 2.1-base, or say --step v_x0 if the LoRA was trained on this one.',
    });
  }
  const kind = step ?? habits.step;
  return { step: kind, timestep: timestep ?? (kind === habits.step ? habits.timestep : paperHabits.timestep) };
}

/** The file that was named, or `embedding.safetensors` beside the adapters, where Onestep's own training writes it. */
async function embeddingOf(details: DiffusionDetails, { unet }: StableConfig): Promise<{ path: string; embedding: Embedding }> {
  const beside = details.lora === undefined ? null : join(dirname(details.lora), 'embedding.safetensors');
  const path = details.embedding ?? (beside !== null && (await exists(beside)) ? beside : null);
  if (path !== null) return { path, embedding: await readEmbedding(path, unet.context) };
  throw new Problem('bad-request', 'The embedding is missing: what the model sees in place of an encoded text.', {
    advice: `Name its file with --embedding: [1, 77, ${String(unet.context)}] as .safetensors, .pt or .npy. It belongs to the model; zeros are no substitute.`,
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const kindOf = (adapters: AdapterFile | null): string =>
  adapters === null ? 'Stable Diffusion 2' : `Stable Diffusion 2, LoRA of ${adapters.layout.label}, rank ${String(adapters.rank)}`;

const diffusionOf = ({ autoencoder }: StableConfig, { step, timestep }: Habits, tile: number): Diffusion => ({
  step: step === 'residual' ? { kind: step } : { kind: step, timestep },
  latent: { channels: autoencoder.latentChannels, factor: latentFactor(autoencoder), scalingFactor: autoencoder.scalingFactor },
  upscale: 'bicubic',
  tile,
  overlap: tile / 8,
  blend: 'mean',
  colourFix: 'adain',
});

interface WriterParts {
  readonly source: StableSource;
  readonly config: StableConfig;
  readonly unet: NetworkFiles;
  readonly vae: NetworkFiles;
  readonly adapters: AdapterFile | null;
  readonly timestep: number;
  readonly embedding: Embedding;
  readonly target: string;
}

/** A network of the model, in every precision, and the names of its files without their endings. */
interface Part {
  readonly name: 'encoder' | 'unet' | 'pixel-unet' | 'decoder';
  readonly build: (precision: 'float32' | 'float16') => BuiltNetwork;
}

/** Writes the networks one after another: what they share on the disk is their own, in two precisions. */
class Writer {
  readonly #parts: WriterParts;
  readonly #kind: 'float32' | 'float16';

  constructor(parts: WriterParts, { keepFp32 = false }: DiffusionDetails) {
    this.#parts = parts;
    this.#kind = keepFp32 ? 'float32' : 'float16';
  }

  async write(): Promise<Pick<OneStepDraft, 'graphs' | 'weights'> & { facts: { parameters: number; macsPerTile: number } }> {
    const { adapters } = this.#parts;
    const weights: HashedFile[] = [];
    const facts = { parameters: 0, macsPerTile: 0 };
    const graphs = this.#precisions.map((precision) => ({ precision, files: new Map<Part['name'], HashedFile>() }));
    const isPixel = adapters?.layout.isPixel ?? null;
    const parts = [
      this.#coder('encoder'),
      this.#unet('unet', adapters?.networks.unet ?? unchanged),
      ...(isPixel === null ? [] : [this.#unet('pixel-unet', only(adapters?.networks.unet ?? unchanged, isPixel))]),
      this.#coder('decoder'),
    ];
    for (const part of parts) await this.#writePart(part, graphs, weights, facts);
    return {
      weights,
      facts,
      graphs: graphs.map(({ precision, files }) => ({
        precision,
        encoder: fileOf(files, 'encoder'),
        unet: fileOf(files, 'unet'),
        ...(isPixel === null ? {} : { pixelUnet: fileOf(files, 'pixel-unet') }),
        decoder: fileOf(files, 'decoder'),
      })),
    };
  }

  /** Weights in half precision serve both kinds of arithmetic; those in full have no use for half of it. */
  get #precisions(): readonly ('fp32' | 'fp16')[] {
    return this.#kind === 'float16' ? ['fp16', 'fp32'] : ['fp32'];
  }

  async #writePart(
    { name, build }: Part,
    graphs: readonly { readonly precision: 'fp32' | 'fp16'; readonly files: Map<Part['name'], HashedFile> }[],
    weights: HashedFile[],
    facts: { parameters: number; macsPerTile: number },
  ): Promise<void> {
    const { target } = this.#parts;
    const built = graphs.map(({ precision }) => build(precision === 'fp32' ? 'float32' : 'float16'));
    const places = await writeWeights(target, `${name}.bin`, built.map(({ graph }) => graph), largestData);
    for (const file of new Set([...places.values()].map((place) => place.file))) {
      weights.push({ file, sha256: await sha256Of(join(target, file)) });
    }
    for (const [index, { precision, files }] of graphs.entries()) {
      const { graph } = built[index] as BuiltNetwork;
      const file = `${name}-${precision}.onnx`;
      await writeFile(join(target, file), await encodeGraph(graph, places), { flag: 'wx' });
      files.set(name, { file, sha256: await sha256Of(join(target, file)) });
    }
    // The pixel's U-Net is run instead of the other, or beside it, when somebody asks for it.
    const [first] = built;
    if (first === undefined || name === 'pixel-unet') return;
    facts.macsPerTile += first.work.convolutions + first.work.linear + first.work.attention;
    facts.parameters += first.parameters;
  }

  #unet(name: 'unet' | 'pixel-unet', changes: Changes): Part {
    const { config, unet, source, embedding, timestep } = this.#parts;
    const weights = new NetworkWeights(unet.tensors, changes, this.#kind);
    const side = (source.tile ?? 512) / latentFactor(config.autoencoder);
    const conditioning = (): Conditioning =>
      (source.fold ?? true)
        ? folded(weights, timestep, embedding)
        : unfolded(timestep, embedding, config.unet.channels[0] ?? 0);
    return { name, build: (precision) => unetGraph({ weights, config: config.unet, conditioning: conditioning(), side, precision }) };
  }

  #coder(name: 'encoder' | 'decoder'): Part {
    const { config, vae, source, adapters } = this.#parts;
    const weights = new NetworkWeights(vae.tensors, adapters?.networks.vae ?? unchanged, this.#kind);
    const request = { weights, config: config.autoencoder, tile: source.tile ?? 512, fold: source.fold ?? true };
    const build = name === 'encoder' ? encoderGraph : decoderGraph;
    return { name, build: (precision) => build({ ...request, precision }) };
  }
}

const only = ({ lowRank, replaced }: Changes, isWanted: (adapter: string) => boolean): Changes => ({
  replaced,
  lowRank: new Map([...lowRank].map(([layer, changes]) => [layer, changes.filter(({ adapter }) => isWanted(adapter))])),
});

function fileOf(files: ReadonlyMap<Part['name'], HashedFile>, name: Part['name']): HashedFile {
  const file = files.get(name);
  if (file === undefined) throw new Error(`${name} was not written`);
  return file;
}
