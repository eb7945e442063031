import { Problem } from '../../shared/problem.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { StateDict } from '../weights/state-dict.ts';
import type { Architecture, Network } from './architecture.ts';
import { architectures } from './table.ts';
import { Weights } from './weights.ts';

/** No layer of a network is called so. */
const [networkInput, networkOutput] = ['source', 'result'];

/** As in manifests. */
const largestScale = 16;

export interface NetworkGraph {
  readonly architecture: Architecture;
  readonly network: Network;
  /** `source` [1, 3, height, width] → `result` [1, 3, scale · height, scale · width], RGB in 0…1, the output not clipped. */
  readonly graph: Graph;
}

/**
 * The graph of the network that these weights make. Its constants are read from the weight file when the graph is written.
 * @throws Problem unsupported-model where no architecture of the table has such weights
 */
export async function networkGraph(tensors: StateDict): Promise<NetworkGraph> {
  const weights = new Weights(tensors);
  const { architecture, network } = recognised(tensors, weights);
  if (network.channels !== 3) {
    throw new Problem(
      'unsupported-model',
      `This ${architecture.label} network takes ${String(network.channels)} channels instead of red, green and blue.`,
    );
  }
  if (network.scale > largestScale) {
    throw new Problem(
      'unsupported-model',
      `This ${architecture.label} network enlarges ${String(network.scale)} times, more than Onestep does.`,
    );
  }
  const builder = new GraphBuilder(architecture.id);
  builder.reserve(networkOutput);
  const image = builder.input(networkInput, [1, 3, 'height', 'width']);
  const result = await network.build(builder, image);
  builder.output(networkOutput, result, [1, 3, `${String(network.scale)} height`, `${String(network.scale)} width`]);
  const [unused] = weights.unused;
  if (unused !== undefined) {
    throw new Problem('unsupported-model', `This network is like ${architecture.label}, but has ${unused}, which that has not.`, {
      detail: listed(weights.unused),
    });
  }
  return { architecture, network, graph: builder.finish() };
}

function recognised(tensors: StateDict, weights: Weights): { architecture: Architecture; network: Network } {
  for (const architecture of architectures) {
    const network = architecture.recognise(weights);
    if (network !== null) return { architecture, network };
  }
  const known = architectures.map(({ label }) => label).join(', ');
  throw new Problem(
    'unsupported-model',
    `These are not the weights of a network that Onestep knows; they begin with ${listed([...tensors.keys()])}.`,
    {
      advice: `Known are ${known}.`,
    },
  );
}

/** A few names that a stranger chose, without anything that a terminal would obey. */
const listed = (names: readonly string[]): string =>
  names
    .slice(0, 4)
    .map((name) => name.slice(0, 60).replaceAll(/[^\w.-]/g, '?'))
    .join(', ');
