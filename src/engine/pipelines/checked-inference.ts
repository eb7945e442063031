import type { Notice } from '../../shared/engine-protocol.ts';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Pixels, Samples } from '../image/pixels.ts';
import { maximum } from '../image/samples.ts';
import { referenceWay, type Candidate } from '../runtime/candidates.ts';
import { isOutOfMemory } from '../runtime/memory.ts';
import { cpu } from '../runtime/providers.ts';
import { toGraph, type Conversion, type GraphSamples } from '../runtime/samples.ts';
import { leastParityDb, psnr } from '../runtime/self-test.ts';
import { borrowSession, closeIdleSessions, type Loan } from '../runtime/sessions.ts';
import type { Constants, RunnableModel, TileAside } from '../runtime/way.ts';
import { findFault } from '../tiles/check.ts';

export interface InferenceRequest {
  readonly model: RunnableModel;
  readonly bits: 8 | 16;
  readonly threads: number;
  readonly onNotice: (notice: Notice) => void;
  readonly constants: Constants;
}

/** One tile: `input` is height · width · channels samples of `source`'s kind. */
export interface TileInput<Output> {
  readonly source: Pixels;
  readonly input: Samples;
  readonly width: number;
  readonly height: number;
  readonly read: Reading<Output>;
  readonly aside?: TileAside | undefined;
}

type LevelArray = Samples | Float32Array;

/** What the graph gave → interleaved samples in the photo's channels and range, and whether all of it were numbers. */
type Reading<Output> = (output: GraphSamples, conversion: Conversion) => { samples: Output; finite: boolean };

/** Computes tiles with the chosen candidate; what that gets wrong, the CPU's 32-bit graph computes again. */
export class CheckedInference {
  inferenceSeconds = 0;
  /** What computes the next tile; the CPU takes over from a driver that fails. */
  candidate: Candidate;
  readonly #request: InferenceRequest;
  readonly #loans = new Map<Candidate, { loan: Loan; shape: string }>();
  readonly #reference: Candidate | null;
  #recomputed = 0;
  #confirmed = 0;

  constructor(request: InferenceRequest, choice: Candidate) {
    this.#request = request;
    this.candidate = choice;
    const way = referenceWay(request.model, request.bits);
    this.#reference = way === null ? null : way === choice.way && choice.provider === cpu ? choice : { provider: cpu, way };
  }

  /** One tile; see `Infer` in `tiles/run.ts`. Throws `wrong-output` where no device gives anything usable. */
  async infer<Output extends LevelArray>(tile: TileInput<Output>): Promise<Output | 'smaller'> {
    try {
      const { samples, fault } = await this.#compute(this.candidate, tile);
      if (fault === null || (this.#mayBeOwn(fault) && this.#confirmed >= mostConfirmed)) return samples;
      return await this.#recompute(tile, samples, fault);
    } catch (error) {
      if (isOutOfMemory(error)) return this.#giveMemoryBack();
      const reference = this.#reference;
      if (error instanceof Problem || this.candidate.provider === cpu || reference === null) throw error;
      // A driver that fails in the middle is not asked again during this job.
      const reason = messageOf(error);
      this.#giveUpCandidate(reference, sentence('notice.deviceFailed', { device: this.candidate.provider.label, reason }));
      return this.infer(tile);
    }
  }

  async close(): Promise<void> {
    const loans = [...this.#loans.values()];
    this.#loans.clear();
    for (const { loan } of loans) await loan.return();
  }

  async #compute<Output extends LevelArray>(
    candidate: Candidate,
    { source, input, width, height, read, aside }: TileInput<Output>,
  ): Promise<TileOutput<Output>> {
    const { channels, bits } = source;
    const conversion = { channels, bits, ...candidate.way.format };
    const { session } = await this.#borrow(candidate, width, height);
    const { output, seconds } = await session.run(toGraph(input, conversion), width, height, aside);
    this.inferenceSeconds += seconds;
    const { tileScale: scale } = this.#request.model;
    const { samples, finite } = read(output, conversion);
    const fault = finite ? findFault(input, samples, { width, height, channels, bits, scale }) : 'not-a-number';
    return { samples, fault };
  }

  /** The tile as the CPU's 32-bit graph has it. */
  async #recompute<Output extends LevelArray>(tile: TileInput<Output>, samples: Output, fault: Fault): Promise<Output> {
    const reference = this.#reference;
    if (reference === null || reference === this.candidate) {
      if (this.#mayBeOwn(fault)) return samples;
      throw this.#wrongOutput(fault);
    }
    const again = await this.#compute(reference, tile);
    if (again.fault !== null && !this.#mayBeOwn(again.fault)) throw this.#wrongOutput(again.fault);
    if (again.fault !== null && psnr(samples, again.samples, maximum(tile.source.bits)) >= leastParityDb) {
      this.#confirmed += 1;
      return samples;
    }
    this.#request.onNotice({ code: 'tile-recomputed', message: sentence('notice.recomputed', { fault: sentence(`fault.${fault}`) }) });
    this.#recomputed += 1;
    if (this.#recomputed === mostRecomputed) {
      const { provider, way } = this.candidate;
      const device = sentence('device.precision', { device: provider.label, precision: way.precision });
      this.#giveUpCandidate(reference, sentence('notice.deviceWrong', { device, count: mostRecomputed }));
    }
    return again.samples;
  }

  /**
   * Whether the reference may be right that gives this: other colours are a matter of the model, and so is one colour where it has
   * passed its self-test on a tile of this very size.
   */
  #mayBeOwn(fault: Fault): boolean {
    return fault === 'drift' || (fault === 'constant' && this.#request.model.fixedTiles);
  }

  #giveUpCandidate(reference: Candidate, message: Sentence): void {
    this.#request.onNotice({ code: 'provider-fallback', message });
    this.candidate = reference;
  }

  /** The candidate's session for tiles of this size. */
  async #borrow(candidate: Candidate, width: number, height: number): Promise<Loan> {
    const shape = candidate.provider.fixedShape ? `${width} × ${height}` : '';
    const known = this.#loans.get(candidate);
    if (known?.shape === shape) return known.loan;
    this.#loans.delete(candidate);
    await known?.loan.return();
    const { model, threads, constants } = this.#request;
    const loan = await borrowSession({ ...candidate, model, threads, constants, width, height });
    this.#loans.set(candidate, { loan, shape });
    return loan;
  }

  /** A failed allocation leaves what was allocated before it with the session: only closing frees that. */
  async #giveMemoryBack(): Promise<'smaller'> {
    await this.close();
    await closeIdleSessions();
    return 'smaller';
  }

  #wrongOutput(fault: Fault): Problem {
    return new Problem('wrong-output', sentence('model.unusable', { id: this.#request.model.id, fault: sentence(`fault.${fault}`) }));
  }
}

interface TileOutput<Output> {
  readonly samples: Output;
  readonly fault: Fault | null;
}

/** So many wrong tiles are no accident: computing each twice would only cost time. */
const mostRecomputed = 3;
/** After so many that were the model's own doing, they are not looked into any more. */
const mostConfirmed = 3;

type Fault = 'not-a-number' | NonNullable<ReturnType<typeof findFault>>;
