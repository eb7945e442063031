import { join } from 'node:path';
import { Problem } from '../shared/problem.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { testPicture } from '../shared/test-picture.ts';
import { geometryOf, type Geometry } from './analysis/geometry.ts';
import { fitted } from './fit.ts';
import { writeGraph } from './graph/write.ts';
import type { Picture, RunGraph } from './run-graph.ts';
import type { Fitting, SourceNetwork } from './source-network.ts';
import { rm } from 'node:fs/promises';

export interface TrialRequest {
  readonly network: SourceNetwork;
  /** As people know the file. */
  readonly name: string;
  /** Existing; what is written into it for a trial is removed. */
  readonly folder: string;
  readonly run: RunGraph;
}

/** Side of the picture that answers are compared with. */
const side = 48;
/** Side of the first of the pictures that only sizes are learnt from: a multiple of everything that networks ask for. */
const firstSize = 64;
/** An enlargement looks at least so much like its picture; a wrong reading of the numbers gives less than 15. */
const leastLikeness = 18;

/**
 * Finds out what a network does by looking at it, and by running it on a test picture: scale, sizes that it takes, range of its
 * numbers, and whether it gives the picture or what has to be added to it. Where no reading gives the picture, the likeliest counts.
 * @throws Problem unsupported-model where it does not run, or does not enlarge
 */
export async function understand(request: TrialRequest): Promise<Fitting> {
  const { network, name } = request;
  const [likeliest = 'unit'] = network.ranges;
  if (network.known !== undefined) {
    return { range: likeliest, isResidual: false, scale: network.known.scale, loss: 0, multiple: 1, remainder: 0 };
  }
  const geometry: Geometry = geometryOf(network.graph) ?? (await triedGeometry(request));
  // Programs that add the picture themselves are those that also pad it for the network.
  const sums = network.mayBeResidual && geometry.loss > 0 ? [false, true] : [false];
  const readings = sums.flatMap((isResidual) => network.ranges.map((range): Fitting => ({ ...geometry, range, isResidual })));
  const plain: Fitting = { ...geometry, range: likeliest, isResidual: false };
  if (readings.length === 1) return plain;
  for (const fitting of readings) {
    const answer = await tried(request, fitting, side);
    if ('refusal' in answer) throw unsupported(name, sentence('import.why.notRun'), answer.refusal);
    if (likenessOf(answer, geometry.scale) >= leastLikeness) return fitting;
  }
  return plain;
}

/** Whether a network that was published for one size of picture takes others: two other squares are tried. */
export async function takesAnySize(request: TrialRequest): Promise<boolean> {
  if (geometryOf(request.network.graph) !== null) return true;
  const plain: Fitting = { range: 'unit', isResidual: false, scale: 1, loss: 0, multiple: 1, remainder: 0 };
  for (const size of [firstSize, firstSize * 2]) if ('refusal' in (await tried(request, plain, size))) return false;
  return true;
}

/** Scale and loss from the sizes of answers, where the graph itself does not tell them. */
async function triedGeometry(request: TrialRequest): Promise<Geometry> {
  const answered = async (size: number): Promise<number | null> => {
    const answer = await tried(request, { range: 'unit', isResidual: false, scale: 1, loss: 0, multiple: 1, remainder: 0 }, size);
    return 'refusal' in answer || answer.width !== answer.height ? null : answer.width;
  };
  const [small, large] = [await answered(firstSize), await answered(firstSize * 2)];
  const { fixedSize } = request.network;
  if (small === null || large === null || (small === large && fixedSize !== undefined)) {
    const only = fixedSize === undefined ? sentence('import.why.anySize') : sentence('import.why.onlySize', { size: fixedSize });
    throw unsupported(request.name, only);
  }
  const scale = (large - small) / firstSize;
  const loss = scale * firstSize - small;
  if (!Number.isInteger(scale) || scale < 1 || scale > 16 || loss < 0 || loss % 2 !== 0) {
    throw unsupported(request.name, sentence('import.why.sizes', { small, first: firstSize, large, second: firstSize * 2 }));
  }
  for (const multiple of [1, 2, 4, 8, 16, 32, 64]) {
    // An odd multiple beyond the first shows whether smaller steps would do.
    const size = firstSize + multiple;
    if ((await answered(size)) === scale * size - loss) return { scale, loss, multiple, remainder: 0 };
  }
  throw unsupported(request.name, sentence('import.why.fewSizes'));
}

async function tried({ network, folder, run }: TrialRequest, fitting: Fitting, size: number): Promise<Picture | { refusal: string }> {
  const files = await writeGraph(folder, 'trial', fitted(network, fitting, 'float32'));
  try {
    const values = Float32Array.from(testPicture(size), (level) => level / 255);
    return await run(join(folder, 'trial.onnx'), { width: size, height: size, values });
  } finally {
    await Promise.all(files.map((file) => rm(join(folder, file), { force: true })));
  }
}

/** Peak signal-to-noise ratio (dB) between the test picture and its enlargement made small again; NaN where that is none. */
function likenessOf({ width, height, values }: Picture, scale: number): number {
  const picture = testPicture(side);
  if (width !== side * scale || height !== side * scale) return Number.NaN;
  let squares = 0;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side * 3; x += 1) {
      const [column, channel] = [Math.floor(x / 3), x % 3];
      let sum = 0;
      for (let row = 0; row < scale; row += 1) {
        const from = ((y * scale + row) * width + column * scale) * 3 + channel;
        for (let step = 0; step < scale; step += 1) sum += values[from + step * 3] ?? Number.NaN;
      }
      squares += (sum / scale ** 2 - picture[y * side * 3 + x]! / 255) ** 2;
    }
  }
  return 10 * Math.log10((side * side * 3) / squares);
}

const unsupported = (name: string, why: Sentence, detail?: string): Problem =>
  new Problem('unsupported-model', sentence('import.cannotBeUsed', { name, why }), { detail });
