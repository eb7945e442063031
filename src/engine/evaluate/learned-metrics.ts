import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { learnedMetricEnding, type Measurement, type Metric } from '../../shared/evaluation.ts';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Picture } from './picture.ts';

const channelValues = z.tuple([z.number(), z.number(), z.number()]);

/**
 * A metric that is a network, as `<anything>.metric.json` beside its ONNX file describes it (docs/evaluating.md). The graph takes
 * float32 [1, 3, height, width] in RGB and answers one number.
 */
const descriptionSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case words joined by hyphens'),
  label: z.string().min(1),
  /** In the same folder. */
  file: z.string().regex(/^[^/\\]+$/, 'expected a file name'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** What the graph calls them; without `reference` it looks at the result alone. */
  inputs: z.strictObject({ result: z.string().min(1), reference: z.string().min(1).optional() }),
  /** What black and white are. */
  range: z.tuple([z.number(), z.number()]).default([0, 1]),
  /** Then subtracted, and divided by; of R, G and B. */
  mean: channelValues.default([0, 0, 0]),
  deviation: channelValues.default([1, 1, 1]),
  better: z.enum(['higher', 'lower']),
  unit: z.string().default(''),
  digits: z.int().min(0).max(8).default(4),
  /** Larger pictures are not measured: a network needs some hundred times the memory of its picture. */
  maxMegapixels: z.number().positive().default(4),
});
type Description = z.infer<typeof descriptionSchema>;

/** The learned metrics of one folder. Graphs stay open for the next picture, as long as the process lives. */
export class LearnedMetrics {
  readonly #sessions = new Map<string, Promise<InferenceSession>>();

  /**
   * What every metric of the folder says; those that compare only with a reference.
   * @throws Problem damaged-model-file for a description that makes no sense
   */
  async measure(folder: string, result: Picture, reference: Picture | null, threads: number): Promise<Measurement[]> {
    const measurements: Measurement[] = [];
    for (const description of await readDescriptions(folder)) {
      if (description.inputs.reference !== undefined && reference === null) continue;
      measurements.push(await this.#measure(description, { folder, result, reference, threads }));
    }
    return measurements;
  }

  async #measure(description: Description, { folder, result, reference, threads }: Measuring): Promise<Measurement> {
    const metric = metricOf(description);
    if (result.width * result.height > description.maxMegapixels * 1e6) return { metric, value: null, missing: 'too-large' };
    try {
      const session = await this.#session(join(folder, description.file), description, threads);
      const { inputs } = description;
      const feeds = { [inputs.result]: await tensorOf(result, description) };
      if (inputs.reference !== undefined && reference !== null) feeds[inputs.reference] = await tensorOf(reference, description);
      const [answer] = Object.values(await session.run(feeds));
      const [value] = answer?.data ?? [];
      if (answer?.size !== 1 || typeof value !== 'number' || !Number.isFinite(value))
        throw new Error('the graph does not answer one number');
      return { metric, value, missing: null };
    } catch (error) {
      return { metric, value: null, missing: 'unusable', detail: messageOf(error) };
    }
  }

  async #session(path: string, { sha256 }: Description, threads: number): Promise<InferenceSession> {
    const known = this.#sessions.get(path);
    if (known !== undefined) return known;
    const opening = open(path, sha256, threads);
    this.#sessions.set(path, opening);
    opening.catch(() => this.#sessions.delete(path));
    return opening;
  }
}

interface Measuring {
  readonly folder: string;
  readonly result: Picture;
  readonly reference: Picture | null;
  readonly threads: number;
}

const metricOf = ({ id, label, unit, digits, better }: Description): Metric => ({ id, label, unit, digits, better });

async function readDescriptions(folder: string): Promise<Description[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(learnedMetricEnding))
      .sort()
      .map((name) => readDescription(join(folder, name))),
  );
}

async function readDescription(path: string): Promise<Description> {
  try {
    return descriptionSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const detail = `${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`;
    throw new Problem('damaged-model-file', sentence('metric.description', { file: basename(path) }), {
      detail,
      advice: sentence('metric.description.advice'),
      cause: error,
    });
  }
}

async function open(path: string, sha256: string | undefined, threads: number): Promise<InferenceSession> {
  if (sha256 !== undefined) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const actual = hash.digest('hex');
    if (actual !== sha256) throw new Error(`${basename(path)} has sha256 ${actual}, expected ${sha256}`);
  }
  return InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
}

async function tensorOf(picture: Picture, { range: [black, white], mean, deviation }: Description): Promise<Tensor> {
  const { width, height, channels } = picture;
  const samples = await picture.readRows(0, height);
  const values = new Float32Array(3 * width * height);
  for (let channel = 0, to = 0; channel < 3; channel++) {
    const [middle, spread] = [mean[channel]!, deviation[channel]!];
    for (let at = channels === 1 ? 0 : channel; at < samples.length; at += channels) {
      values[to++] = (black + ((white - black) * samples[at]!) / 255 - middle) / spread;
    }
  }
  return new Tensor('float32', values, [1, 3, height, width]);
}
