import type { FeedForwardManifest } from '../../../shared/manifest.ts';
import { dialNames, type Dials } from '../../../shared/options.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { Pixels } from '../../image/pixels.ts';
import type { UsableModel } from '../../runtime/model.ts';
import { fromGraph } from '../../runtime/samples.ts';
import type { Constants } from '../../runtime/way.ts';
import { runTiles } from '../../tiles/run.ts';
import { defaultDials } from '../dials.ts';
import type { KindRun, ModelOfKind } from '../kind.ts';
import { openGraph } from './session.ts';

/** Models that map a piece of a photo to the enlarged piece in one go, without knowing of the rest. */
export function feedForward({ id, folder, manifest }: UsableModel<FeedForwardManifest>): ModelOfKind {
  const { scale, overlap, graphs, weights, selfTest, tensors } = manifest;
  return {
    id,
    folder,
    weights,
    selfTest,
    ways: graphs.map((graph) => ({
      precision: graph.precision,
      files: [graph],
      format: { samples: graph.samples, layout: tensors.layout, black: 0 },
      open: (request) => openGraph(request, graph.file, manifest),
    })),
    defaultConstants: constantsFor(manifest, defaultDials(manifest)),
    scale,
    tileScale: scale,
    fixedTiles: false,
    reach: overlap,
    scratchBytes: () => 0,
    constants: (dials) => constantsFor(manifest, dials),
    enlarge: (source, run) => enlarge(source, manifest, run),
  };
}

/** Constant's file → value, by the mapping of the manifest. */
function constantsFor({ options: taken }: FeedForwardManifest, dials: Dials): Constants {
  const constants: Record<string, number> = {};
  for (const name of dialNames) {
    const [mapping, value] = [taken[name], dials[name]];
    if (mapping !== undefined && value !== null) constants[mapping.constant] = value;
  }
  return constants;
}

const enlarge = (source: Pixels, { scale, overlap, grid }: FeedForwardManifest, run: KindRun): Promise<void> =>
  runTiles(source, {
    scale,
    overlap,
    grid,
    tileRows: run.tileRows,
    region: run.region,
    signal: run.signal,
    infer: (input, width, height) => run.inference.infer({ source, input, width, height, read: fromGraph }),
    sink: run.sink,
    onTile: run.onTile,
    onSmaller: (pixels) => {
      run.onNotice({ code: 'smaller-tile', message: sentence('notice.smallerTile', { pixels }) });
    },
  });
