import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import { isPictureToPicture } from '../source-network.ts';
import { foreignName, type StateDict } from '../weights/state-dict.ts';
import type { Architecture, Network } from './architecture.ts';
import { cropLike, sizeOf } from './sizes.ts';
import { architectures } from './table.ts';
import { Weights } from './weights.ts';

/** No layer of a network is called so. */
const [networkInput, networkOutput] = ['source', 'result'];

/** As in manifests. */
const largestScale = 16;

export interface NetworkGraph {
  readonly architecture: Architecture;
  readonly network: Network;
  /** `source` [1, channels, height, width] → `result` [1, given, scale · height, scale · width], 0…1, of any size, but for faces; not clipped. */
  readonly graph: Graph;
}

/**
 * The graph of the network that these weights make. Its constants are read from the weight file when the graph is written.
 * @throws Problem unsupported-model where no architecture of the table has such weights
 */
export async function networkGraph(tensors: StateDict): Promise<NetworkGraph> {
  const weights = new Weights(tensors);
  const { architecture, network } = recognised(tensors, weights);
  const { channels, given = channels } = network;
  if (!isPictureToPicture(channels, given)) {
    const shown = given === channels ? String(channels) : `${channels} → ${given}`;
    throw new Problem('unsupported-model', sentence('import.channels', { architecture: architecture.label, channels: shown }));
  }
  if (tensors.has('absolute_pos_embed')) {
    throw new Problem('unsupported-model', sentence('import.absolutePositions', { architecture: architecture.label }));
  }
  if (network.scale > largestScale) {
    throw new Problem('unsupported-model', sentence('import.scale', { architecture: architecture.label, scale: network.scale }));
  }
  const builder = new GraphBuilder(architecture.id);
  builder.reserve(networkOutput);
  const side = network.face?.side;
  const image = builder.input(networkInput, [1, channels, side ?? 'height', side ?? 'width']);
  const result = await ofAnySize(builder, image, network);
  builder.output(networkOutput, result, [1, given, side ?? `${network.scale} height`, side ?? `${network.scale} width`]);
  const [unused] = weights.unused;
  if (unused !== undefined) {
    throw new Problem(
      'unsupported-model',
      `This network is like ${architecture.label}, but has ${foreignName(unused)}, which that has not.`,
      {
        detail: listed(weights.unused),
      },
    );
  }
  return { architecture, network, graph: builder.finish() };
}

/** Pictures that are too small for the network are continued by their edges, and their results cropped. */
async function ofAnySize(graph: GraphBuilder, image: string, network: Network): Promise<string> {
  if (network.smallest <= 1) return network.build(graph, image);
  const missing = graph.node('Max', [graph.node('Sub', [graph.integers(network.smallest), sizeOf(graph, image)]), graph.integers(0)]);
  const pads = graph.concat([graph.integers(0, 0, 0, 0, 0, 0), missing], 0);
  const result = await network.build(graph, graph.node('Pad', [image, pads], { mode: 'edge' }));
  return cropLike(graph, result, image, network.scale);
}

function recognised(tensors: StateDict, weights: Weights): { architecture: Architecture; network: Network } {
  for (const architecture of architectures) {
    const network = architecture.recognise(weights);
    if (network !== null) return { architecture, network };
  }
  const known = architectures.map(({ label }) => label).join(', ');
  throw new Problem('unsupported-model', sentence('import.unknownNetwork', { names: listed([...tensors.keys()]) }), {
    advice: sentence('import.unknownNetwork.advice', { known }),
  });
}

const listed = (names: readonly string[]): string => names.slice(0, 4).map(foreignName).join(', ');
