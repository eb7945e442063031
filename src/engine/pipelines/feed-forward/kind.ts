import { Problem } from '../../shared/problem.ts';
import type { FeedForwardModel } from '../models.ts';
import { chooseCandidate } from '../runtime/choose.ts';
import { isOutOfMemory } from '../runtime/memory.ts';
import { rememberPhotoSpeed } from '../runtime/speeds.ts';
import { runTiles } from '../tiles/run.ts';
import { CheckedInference } from './checked-inference.ts';
import { constantsFor, usedDials } from './option-feeds.ts';
import { fromGraph } from './samples.ts';
import type { Pipeline, PipelineRequest, PipelineRun } from './pipeline.ts';

type Request = PipelineRequest & { readonly model: FeedForwardModel };

/** Models that map a piece of a photo to the enlarged piece in one go, without knowing of the rest. */
export async function openFeedForward(request: Request): Promise<Pipeline> {
  const { model, bits, options } = request;
  const choice = await chooseCandidate({ ...request, exact: options.exact, provider: options.provider });
  const used = usedDials(model.manifest, options);
  const inference = new CheckedInference({ ...request, constants: constantsFor(model.manifest, used) }, choice, fromGraph);
  const { scale, overlap } = model.manifest;
  return {
    scale,
    get provider() {
      return inference.candidate.provider.name;
    },
    get precision() {
      return inference.candidate.graph.precision;
    },
    used,
    run: async (source, { region, sink, signal, onTile }: PipelineRun) => {
      if (source.bits !== bits) throw new Error(`The pipeline was opened for ${bits}-bit photos.`);
      inference.inferenceSeconds = 0;
      await runTiles(source, {
        scale,
        overlap,
        tileRows: options.tile,
        region,
        signal: signal ?? request.signal,
        infer: (input, width, height) => inference.infer(source, input, width, height),
        sink,
        onTile,
        onSmaller: (pixels) => {
          request.onNotice({ code: 'smaller-tile', message: `Memory ran out; tiles have at most ${pixels} pixels now.` });
        },
      }).catch((error: unknown) => {
        // Tiles get smaller by themselves; this is a row of the result that does not fit.
        throw isOutOfMemory(error)
          ? new Problem('not-enough-memory', 'There is not enough memory to enhance this photo.', { cause: error })
          : error;
      });
      if (region === undefined && inference.candidate === choice) {
        const megapixels = (source.width * source.height * scale ** 2) / 1e6;
        await rememberPhotoSpeed(model, choice, request.cacheFolder, megapixels, inference.inferenceSeconds);
      }
      return { inferenceSeconds: inference.inferenceSeconds };
    },
    close: () => inference.close(),
  };
}
