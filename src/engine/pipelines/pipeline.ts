import type { Notice } from '../../shared/engine-protocol.ts';
import type { EnlargingManifest } from '../../shared/manifest.ts';
import type { DialName, Dials, Options } from '../../shared/options.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { withGrain } from '../image/grain.ts';
import type { Pixels, Samples } from '../image/pixels.ts';
import { enlarged } from '../image/window-pixels.ts';
import { chooseCandidate } from '../runtime/choose.ts';
import { isOutOfMemory } from '../runtime/memory.ts';
import type { UsableModel } from '../runtime/model.ts';
import { rememberPhotoSpeed } from '../runtime/speeds.ts';
import { CheckedInference } from './checked-inference.ts';
import { usedDials } from './dials.ts';
import type { PipelineRun } from './kind.ts';
import { ofItsKind } from './kinds.ts';

export interface PipelineRequest {
  readonly model: UsableModel<EnlargingManifest>;
  /** Of the photos that will be run. */
  readonly bits: 8 | 16;
  readonly options: Pick<Options, DialName | 'exact' | 'provider' | 'tile'>;
  readonly threads: number;
  /** Where verdicts are remembered. */
  readonly cacheFolder: string;
  readonly onNotice: (notice: Notice) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A model made ready for photos of one kind. Runs one photo at a time. */
export interface Pipeline {
  readonly scale: number;
  readonly provider: string;
  readonly precision: string;
  readonly used: Dials;
  /** Throws `cancelled`, `not-enough-memory`, `wrong-output`; the sink gets nothing after that. */
  run(source: Pixels, run: PipelineRun): Promise<{ inferenceSeconds: number }>;
  close(): Promise<void>;
}

/**
 * Chooses provider and precision for a model and makes it ready.
 * Throws `model-damaged`, `provider-not-available`, `wrong-output`, `unsupported-image`, `bad-request`.
 */
export async function openPipeline(request: PipelineRequest): Promise<Pipeline> {
  const { bits, options, cacheFolder, onNotice } = request;
  const model = ofItsKind(request.model);
  const choice = await chooseCandidate({ ...request, model, exact: options.exact, provider: options.provider });
  const used = usedDials(request.model.manifest, options);
  const inference = new CheckedInference({ ...request, model, constants: model.constants(used) }, choice);
  return {
    scale: model.scale,
    get provider() {
      return inference.candidate.provider.name;
    },
    get precision() {
      return inference.candidate.way.precision;
    },
    used,
    run: async (source, run) => {
      if (source.bits !== bits) throw new Error(`The pipeline was opened for ${bits}-bit photos.`);
      inference.inferenceSeconds = 0;
      const signal = run.signal ?? request.signal;
      const part = enlarged(run.region ?? { left: 0, top: 0, width: source.width, height: source.height }, model.scale);
      const { retouch } = run;
      const grainy = used.grain === null || used.grain === 0 ? run.sink : withGrain(run.sink, part, source, used.grain);
      const sink = retouch === undefined ? grainy : async (rows: Samples) => grainy(await retouch(rows));
      await model
        .enlarge(source, { ...run, sink, signal, onNotice, tileRows: options.tile, dials: used, inference })
        .catch((error: unknown) => {
          // Tiles have their own answer; this is a row of the result that does not fit.
          throw isOutOfMemory(error) ? new Problem('not-enough-memory', sentence('memory.photo'), { cause: error }) : error;
        });
      if (run.region === undefined && inference.candidate === choice) {
        const megapixels = (source.width * source.height * model.scale ** 2) / 1e6;
        await rememberPhotoSpeed(model, choice, cacheFolder, megapixels, inference.inferenceSeconds);
      }
      return { inferenceSeconds: inference.inferenceSeconds };
    },
    close: () => inference.close(),
  };
}
