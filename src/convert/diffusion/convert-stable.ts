import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stepDials, type Diffusion } from '../../shared/diffusion.ts';
import type { DiffusionDetails } from '../../shared/engine-protocol.ts';
import type { OneStepManifest } from '../../shared/manifest.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { partOf, type WorkWatch } from '../../shared/work-watch.ts';
import { sha256Of } from '../file-hash.ts';
import { paperHabits, type AdapterLayout, type Habits } from './adapter-layouts.ts';
import { openAdapters, type AdapterFile } from './adapters.ts';
import { latentFactor, readConfig, tileMultiple, type StableConfig } from './config.ts';
import { readEmbedding, type Embedding } from './embedding.ts';
import { openNetwork } from './folder.ts';
import { autoencoderKeys, unetKeys } from './keys.ts';
import { writeNetworks } from './write-networks.ts';

type HashedFile = OneStepManifest['weights'][number];

/** What is converted, beside what a person says. */
interface StableSource {
  /** In the layout of diffusers, with `unet` and `vae`. */
  readonly folder: string;
  /** Side of a tile in pixels of the enlarged photo: 512, which Stable Diffusion was trained with. */
  readonly tile?: number;
  /** Without, what a fixed step and context make constant is left to the graphs: slower and larger, to compare with. */
  readonly fold?: boolean;
}

/** What the files of a converted model say about it; the engine runs it and writes the manifest. */
interface OneStepDraft extends Pick<OneStepManifest, 'scale' | 'diffusion' | 'graphs' | 'options'> {
  readonly kind: string;
  readonly weights: HashedFile[];
  /** The files that it was made of. */
  readonly sources: readonly HashedFile[];
  /** What decides about the model beside the files. */
  readonly recipe: { readonly step: string; readonly timestep: number; readonly loraScale: number | null; readonly weights: string };
  /** Of the card: numbers of all graphs, and multiplications of a tile. */
  readonly card: { readonly parameters: number; readonly macsPerTile: number };
}

/**
 * Converts Stable Diffusion 2, and what a one-step model adds to it, into the graphs that the engine runs, written into `target`,
 * which exists and is empty. At no time is more than a few tensors in memory.
 * @throws Problem not-found, unsupported-model, bad-request, damaged-model-file, unsafe-model-file: whatever is wrong with the files;
 * cancelled, or an AbortError, after an abort, which is looked at after each tensor
 */
export async function convertStable(
  source: StableSource,
  details: DiffusionDetails,
  target: string,
  watch: WorkWatch = {},
): Promise<OneStepDraft> {
  const { folder, tile = 512, fold = true } = source;
  const { lora, loraScale = null } = details;
  const config = await configOf(folder, tile);
  const keys = { unet: unetKeys(config.unet), vae: autoencoderKeys(config.autoencoder) };
  const opened: { close(): Promise<void> }[] = [];
  const kept = <Opened extends { close(): Promise<void> }>(file: Opened): Opened => {
    opened.push(file);
    return file;
  };
  try {
    const unet = kept(await openNetwork(folder, 'unet', keys.unet));
    const vae = kept(await openNetwork(folder, 'vae', keys.vae));
    const adapters = lora === undefined ? null : kept(await openAdapters(lora, keys, loraScale));
    const step = stepOf(folder, config, details, adapters?.layout ?? null);
    const { path, embedding } = await embeddingOf(details, config);
    const kind = details.keepFp32 === true ? 'float32' : 'float16';
    const isPixel = isPixelOf(step, adapters);
    const parts = {
      config,
      unet,
      vae,
      adapters: adapters?.networks ?? null,
      isPixel,
      timestep: step.timestep,
      embedding,
      tile,
      fold,
      kind,
    } as const;
    const { macsPerTile, parameters, ...written } = await writeNetworks(target, parts, partOf(watch, 0, networksShare));
    const files = [...unet.files, ...vae.files, ...(lora === undefined ? [] : [lora]), path];
    return {
      ...written,
      kind: kindOf(adapters),
      scale: 4,
      diffusion: diffusionOf(config, step, tile),
      options: stepDials(isPixel !== null),
      sources: await Promise.all(files.map(async (file) => ({ file: basename(file), sha256: await sha256Of(file, watch.signal) }))),
      recipe: { ...step, loraScale, weights: kind },
      card: { parameters, macsPerTile },
    };
  } finally {
    for (const file of opened) await file.close();
  }
}

/** Of the time; the rest is the hashing of the files that it was made of. */
const networksShare = 0.9;

/** Of networks that a tile goes through without a remainder. */
async function configOf(folder: string, tile: number): Promise<StableConfig> {
  const config = await readConfig(folder);
  if (tile % tileMultiple(config) === 0) return config;
  throw new Problem('unsupported-model', sentence('import.levels', { folder: basename(folder) }));
}

/** What a person says, or else what the adapters' authors do, or else the paper. */
function stepOf(folder: string, { prediction }: StableConfig, { step, timestep }: DiffusionDetails, layout: AdapterLayout | null): Habits {
  const habits = layout ?? paperHabits;
  if (step === undefined && prediction === 'v_prediction') {
    throw new Problem('unsupported-model', sentence('import.predictsV', { folder: basename(folder) }), {
      advice: sentence('import.predictsV.advice'),
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
  throw new Problem('bad-request', sentence('import.noEmbedding'), {
    advice: sentence('import.noEmbedding.advice', { width: unet.context }),
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Which of its adapters change pixels; null where there is one answer only, as with any step but the residual. */
const isPixelOf = ({ step }: Habits, adapters: AdapterFile | null): AdapterLayout['isPixel'] =>
  step === 'residual' ? (adapters?.layout.isPixel ?? null) : null;

const kindOf = (adapters: AdapterFile | null): string =>
  adapters === null ? 'Stable Diffusion 2' : `Stable Diffusion 2, LoRA of ${adapters.layout.label}, rank ${adapters.rank}`;

const diffusionOf = ({ autoencoder }: StableConfig, { step, timestep }: Habits, tile: number): Diffusion => ({
  step: step === 'residual' ? { kind: step } : { kind: step, timestep },
  latent: { channels: autoencoder.latentChannels, factor: latentFactor(autoencoder), scalingFactor: autoencoder.scalingFactor },
  upscale: 'bicubic',
  tile,
  overlap: tile / 8,
  blend: 'mean',
  colourFix: 'adain',
});
