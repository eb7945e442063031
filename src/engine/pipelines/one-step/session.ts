import { setImmediate } from 'node:timers/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { TileStage } from '../../../shared/engine-protocol.ts';
import type { OneStepManifest, StageEntry } from '../../../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import { openOnnx } from '../../runtime/onnx.ts';
import type { GraphFormat, GraphSamples } from '../../runtime/samples.ts';
import type { Session, SessionRequest, TileAside } from '../../runtime/way.ts';
import { defaultDials } from '../dials.ts';
import { cleanLatent, scaled, unetLatent, unscaled } from './latent-step.ts';

/** How a tile goes in and comes out. */
export const planes = { samples: 'float32', layout: 'nchw', black: -1 } as const satisfies GraphFormat;

type Feed = 'latent' | 'image' | 'source';

/** A graph of the model with what it is called in messages. */
interface Stage {
  readonly stage: TileStage;
  readonly file: string;
  readonly session: InferenceSession;
}

/**
 * Opens the graphs of a one-step model together: as one session, a tile of the enlarged photo goes in (planes, −1…1) and the tile
 * that the model makes of it comes out, not clipped. See `stagesSchema` for what goes between the graphs.
 */
export async function openStages(request: SessionRequest, graph: StageEntry, manifest: OneStepManifest): Promise<Session> {
  const opened: InferenceSession[] = [];
  const open = async (stage: TileStage, { file }: { file: string }): Promise<Stage> => {
    const session = await openOnnx(request, file);
    opened.push(session);
    return { stage, file, session };
  };
  const release = async (): Promise<void> => {
    for (const session of opened.splice(0)) await session.release();
  };
  try {
    const encoder = graph.encoder === null ? null : await open('encoder', graph.encoder);
    const unet = await open('unet', graph.unet);
    const decoder = await open('decoder', graph.decoder);
    const { pixelUnet } = graph;
    let pixel: Promise<Stage> | null = null;
    const tile = new StagedTile(manifest, encoder, unet, decoder, () => {
      if (pixelUnet === undefined) throw new Error(`${manifest.id} has no pixel U-Net.`);
      // Most people never ask for it, and it is as large as the other.
      return (pixel ??= open('unet', pixelUnet));
    });
    return {
      run: (input, width, height, aside) => tile.run(input, width, height, { ...plain(input, width, manifest), ...aside }),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

class StagedTile {
  readonly #manifest: OneStepManifest;
  readonly #encoder: Stage | null;
  readonly #unet: Stage;
  readonly #decoder: Stage;
  readonly #pixelUnet: () => Promise<Stage>;

  constructor(manifest: OneStepManifest, encoder: Stage | null, unet: Stage, decoder: Stage, pixelUnet: () => Promise<Stage>) {
    this.#manifest = manifest;
    this.#encoder = encoder;
    this.#unet = unet;
    this.#decoder = decoder;
    this.#pixelUnet = pixelUnet;
  }

  async run(input: GraphSamples, width: number, height: number, aside: TileAside): Promise<{ output: Float32Array; seconds: number }> {
    const { diffusion, scale } = this.#manifest;
    const { tile, latent, step } = diffusion;
    if (width !== tile || height !== tile) throw new Error(`Tiles of ${this.#manifest.id} have ${tile} pixels a side.`);
    let seconds = 0;
    const infer = async ({ stage, file, session }: Stage, feeds: Partial<Record<Feed, Tensor>>): Promise<Tensor> => {
      // Native code blocks the process: this is when a cancellation arrives.
      await setImmediate();
      throwIfCancelled(aside.signal);
      aside.onStage?.(stage);
      const fed = feedsFor(session, feeds, this.#manifest.id, file);
      const begin = performance.now();
      const answer = (await session.run(fed))[session.outputNames[0] ?? ''];
      seconds += (performance.now() - begin) / 1000;
      if (answer === undefined || !(answer.data instanceof Float32Array)) throw new Error(`The graph ${file} gives no float32.`);
      return answer;
    };

    const image = new Tensor('float32', input, [1, 3, tile, tile]);
    const side = tile / latent.factor;
    const shape = [1, latent.channels, side, side];
    const low = this.#encoder === null ? null : scaled(floatsOf(await infer(this.#encoder, { image }), shape), latent);
    const place = { left: Math.floor(aside.left / latent.factor), top: Math.floor(aside.top / latent.factor), side };
    const feeds = {
      image,
      ...(low === null ? {} : { latent: new Tensor('float32', unetLatent(step, low, place), shape) }),
      ...(this.#unet.session.inputNames.includes('source')
        ? { source: new Tensor('float32', await aside.source(), [1, 3, tile / scale, tile / scale]) }
        : {}),
    };
    const whole = await infer(this.#unet, feeds);
    const answer = floatsOf(whole, low === null ? whole.dims : shape);
    const pixelAnswer = async (): Promise<Float32Array> => floatsOf(await infer(await this.#pixelUnet(), feeds), shape);
    const clean = await cleanLatent(step, low, answer, pixelAnswer, aside.dials);
    const decoded = await infer(this.#decoder, { latent: new Tensor('float32', unscaled(clean, latent), whole.dims) });
    return { output: floatsOf(decoded, [1, 3, tile, tile]), seconds };
  }
}

function feedsFor(session: InferenceSession, feeds: Partial<Record<string, Tensor>>, id: string, file: string): Record<string, Tensor> {
  const fed: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const value = feeds[name];
    if (value === undefined) throw new Problem('model-damaged', sentence('model.unknownInput', { id, name, file }));
    fed[name] = value;
  }
  return fed;
}

function floatsOf(tensor: Tensor, shape: readonly number[]): Float32Array {
  if (String(tensor.dims) !== String(shape)) throw new Error(`A stage gives [${tensor.dims.join()}] and not [${shape.join()}].`);
  return tensor.data as Float32Array;
}

/** The aside of a self-test, which knows of no photo: the default dials, the corner, and the mean of the pixels as source. */
function plain(input: GraphSamples, side: number, manifest: OneStepManifest): TileAside {
  return { dials: defaultDials(manifest), source: () => reduced(input, side, manifest.scale), left: 0, top: 0 };
}

/** Planes of square pictures, made smaller by the mean of `scale` × `scale` pixels. */
function reduced(planes: GraphSamples, side: number, scale: number): Float32Array {
  const small = side / scale;
  const result = new Float32Array(planes.length / scale ** 2);
  for (let index = 0; index < planes.length; index += 1) {
    const [x, row] = [index % side, Math.floor(index / side)];
    const [y, plane] = [row % side, Math.floor(row / side)];
    const at = (plane * small + Math.floor(y / scale)) * small + Math.floor(x / scale);
    result[at] = result[at]! + planes[index]! / scale ** 2;
  }
  return result;
}
