import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Plan } from '../../shared/engine-protocol.ts';
import type { Options } from '../../shared/options.ts';
import type { JobEngine } from './job-run.ts';
import { workPixels } from './run-clock.ts';

/** What a photo took: megapixels that models produced, and seconds from the request to the finished file. */
const sampleSchema = z.tuple([z.number().positive(), z.number().positive()]);
type Sample = z.infer<typeof sampleSchema>;
const fileSchema = z.record(z.string(), z.array(sampleSchema));

type Passes = Pick<Plan, 'passes'>;

/** So many of the latest photos are remembered for each way of computing. */
const kept = 48;
/** Below so many, what the engine expects itself is the better guess. */
const least = 3;

/** A straight line through the samples, no part of it negative; what is small counts as much as what is large. */
export function lineThrough(samples: readonly Sample[]): { readonly seconds: number; readonly perMegapixel: number } {
  // Least squares of the relative error: weights of 1 / seconds².
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const [megapixels, seconds] of samples) {
    const weight = 1 / seconds ** 2;
    w += weight;
    x += weight * megapixels;
    y += weight * seconds;
    xx += weight * megapixels ** 2;
    xy += weight * megapixels * seconds;
  }
  const spread = w * xx - x * x;
  const slope = spread > 1e-9 * w * xx ? (w * xy - x * y) / spread : -1;
  const start = (y - slope * x) / w;
  if (slope < 0) return { seconds: 0, perMegapixel: xy / xx };
  return start < 0 ? { seconds: 0, perMegapixel: xy / xx } : { seconds: start, perMegapixel: slope };
}

/**
 * How long photos took on this computer, by the models and the device that computed them, kept in a file from run to run. What they
 * will take is told from that, opening and saving included. A file that cannot be read or written costs nothing but the memory.
 */
export class Speeds {
  readonly #path: string | null;
  readonly #samples: Map<string, Sample[]>;
  /** Ways that this process has used: the first photo of each opens the model, which later ones do not. */
  readonly #opened = new Set<string>();

  /** @param path null: what is learnt is forgotten with the process */
  constructor(path: string | null) {
    this.#path = path;
    this.#samples = new Map(Object.entries(read(path)));
  }

  /** The seconds that a photo will take; null where too little is known. */
  expect(plan: Plan, options: Options): number | null {
    const samples = this.#samples.get(keyOf(plan, options)) ?? [];
    if (samples.length < least || plan.skip !== null) return null;
    const { seconds, perMegapixel } = lineThrough(samples);
    return seconds + (perMegapixel * workPixels(plan)) / 1e6;
  }

  /** A photo was done in so many seconds. */
  learn(done: Passes, options: Options, seconds: number): void {
    const key = keyOf(done, options);
    const megapixels = workPixels(done) / 1e6;
    if (megapixels === 0 || seconds <= 0) return;
    const first = !this.#opened.has(key);
    this.#opened.add(key);
    if (first) return;
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), [megapixels, seconds] as Sample].slice(-kept));
    this.#write();
  }

  #write(): void {
    if (this.#path === null) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      const temporary = `${this.#path}.${process.pid}.part`;
      writeFileSync(temporary, JSON.stringify(Object.fromEntries(this.#samples)));
      renameSync(temporary, this.#path);
    } catch {
      // Estimates are a convenience: what is done is told by the journal.
    }
  }
}

/** The same engine, which plans with what was measured, and measures. */
export function withSpeeds<Some extends Pick<JobEngine, 'plan' | 'enhance'>>(engine: Some, speeds: Speeds): Some {
  return {
    ...engine,
    plan: async (request) => {
      const plan = await engine.plan(request);
      const seconds = speeds.expect(plan, request.options);
      return seconds === null ? plan : { ...plan, estimatedSeconds: seconds };
    },
    enhance: async (request, handlers) => {
      const begun = performance.now();
      const report = await engine.enhance(request, handlers);
      if (report.status === 'done' && request.region === undefined) {
        speeds.learn(report, request.options, (performance.now() - begun) / 1000);
      }
      return report;
    },
  };
}

/** Faces take time that has nothing to do with the size of a photo. */
const keyOf = ({ passes }: Passes, { provider, exact, faces }: Options): string =>
  [...passes.flatMap(({ model }) => model ?? []), provider, ...(exact ? ['exact'] : []), ...(faces ? ['faces'] : [])].join(' ');

function read(path: string | null): Record<string, Sample[]> {
  if (path === null) return {};
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
