import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkGraph } from '../../../../src/convert/architectures/network-graph.ts';
import { architectures } from '../../../../src/convert/architectures/table.ts';
import { Weights } from '../../../../src/convert/architectures/weights.ts';
import { convertModel } from '../../../../src/convert/convert.ts';
import { encodeGraph } from '../../../../src/convert/graph/write.ts';
import type { RunGraph } from '../../../../src/convert/run-graph.ts';
import { findSources } from '../../../../src/convert/sources.ts';
import { openWeights } from '../../../../src/convert/weights/open.ts';
import { runGraph } from '../../../../src/import/run-graph.ts';
import {
  readNumbers,
  referencePython,
  signalToNoise,
  writeReferences,
  type ReferenceCase,
  type ReferencePicture,
} from '../../../support/reference-networks.ts';
import { hasSharedData, sharedData } from '../../../support/shared-data.ts';
import { needs } from '../../../support/needs.ts';

/** Small ones; ONESTEP_NETWORKS='SwinIR-L;RRDBNet 23' takes others of references/write.py. */
const names = process.env.ONESTEP_NETWORKS?.split(';') ?? [
  'compact x4',
  'compact x2, half precision',
  'compact x1',
  'RRDBNet x4',
  'RRDBNet x4, names of BSRGAN',
  'RRDBNet x4, names of ESRGAN',
  'RRDBNet x2, names of BSRGAN',
  'RRDBNet x8, names of ESRGAN',
  'RRDBNet x2, folded',
  'RRDBNet x1, folded',
  'RRDBNet x4, bfloat16',
  'RRDBNet x2, grey',
  'RRDBNet x2, grey to colours',
  'RRDBNet x2, with opacity',
  'RRDBNet x4, ESRGAN+',
  'SwinIR-M real x4',
  'SwinIR-L real x4',
  'SwinIR classical x4',
  'SwinIR classical x3',
  'SwinIR lightweight x2',
  'SwinIR JPEG',
  'SwinIR x1, shuffled',
  'SwinIR x1, folded',
  'HAT x1',
  'HAT x2, plain',
  'HAT x4',
  'DAT x4',
  'DAT x2, light',
  'DAT x2, half precision',
  'SRFormer x2',
  'SRFormer x2, light',
  'DRCT x4',
  'ATD x4',
  'ATD x2, light',
  'RGT x4',
  'MoSR x4',
  'MoSR x2, GPS',
  'MoSR x2, DySample',
  'RCAN x4',
  'RCAN x3, not centred',
  'RCAN x1',
  'RCAN x2, folded',
  'Real-CUGAN x2',
  'Real-CUGAN x3, pro',
  'Real-CUGAN x4',
  'Real-CUGAN x2, fast',
  'GFPGAN',
  'GFPGAN, all features changed',
  'OmniSR x4',
  'SPAN x4',
  'SPAN x2, fused',
  'SPAN x2, no norm',
  'SPANF x4',
  'RLFN x4',
  'SAFMN x4',
  'SAFMN++ x4',
  'SAFMN++ x4, light',
  'PLKSR x4',
  'PLKSR x3, tiny',
  'RealPLKSR x4',
  'RealPLKSR x2, DySample',
  'RealPLKSR x2, layer norm',
];
const files = [
  'NTIRE2024_ESR-team00_rlfn.pth',
  'NTIRE2024_ESR-team23_safmnpp.pth',
  'NTIRE2025_ESR-team24_spanf.pth',
  'SAFMN-light_safmnpp.pth',
];

let folder = '';
let references: ReferenceCase[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onestep-test-'));
  const paths = hasSharedData ? files.map((name) => sharedData('weights', 'pytorch', name)) : [];
  if (referencePython !== null) references = await writeReferences(folder, [...names, ...paths]);
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function referenceOf(name: string): ReferenceCase {
  const reference = references.find((each) => each.name === name);
  if (reference === undefined) throw new Error(`There is no reference for ${name}.`);
  return reference;
}

/** How near the imported network comes to the reference, in dB, for each picture. */
async function nearness(name: string): Promise<number[]> {
  const reference = referenceOf(name);
  const file = await openWeights(reference.weights);
  try {
    const recognising = architectures.filter((architecture) => architecture.recognise(new Weights(file.tensors)) !== null);
    expect(recognising).toHaveLength(1);
    const { graph, network } = await networkGraph(file.tensors);
    const session = await InferenceSession.create(await encodeGraph(graph), { logSeverityLevel: 3 });
    const ratios: number[] = [];
    for (const picture of reference.pictures) {
      expect(network.scale).toBe(picture.scale);
      ratios.push(await ratioOf(session, picture));
    }
    await session.release();
    return ratios;
  } finally {
    await file.close();
  }
}

async function ratioOf(
  session: InferenceSession,
  { stem, height, width, scale, planes: [taken, given] }: ReferencePicture,
): Promise<number> {
  const numbers = await readNumbers(join(folder, `${stem}.source`));
  const { result } = await session.run({ source: new Tensor('float32', numbers, [1, taken, height, width]) });
  expect(result?.dims).toEqual([1, given, height * scale, width * scale]);
  return signalToNoise(await readNumbers(join(folder, `${stem}.result`)), result?.data as Float32Array);
}

// Imports must be right within rounding: 100 dB is a hundred-thousandth of what the picture varies by.
describe('an imported network computes what PyTorch does', needs('trainingKit'), () => {
  it.each(names)('%s', async (name) => {
    for (const ratio of await nearness(name)) expect(ratio).toBeGreaterThan(100);
  });
});

describe('so does one with the weights of its authors', needs('trainingKit', 'sharedData'), () => {
  it.each(files)('%s', async (name) => {
    for (const ratio of await nearness(name)) expect(ratio).toBeGreaterThan(80);
  });
});

describe('on the way into a model folder nothing is lost but digits beyond half precision', needs('trainingKit'), () => {
  it.each(names.filter((_, index) => index % 6 === 0))('%s', async (name) => {
    const { weights, pictures } = referenceOf(name);
    if (pictures.some(({ planes }) => planes.some((count) => count !== 3))) return;
    const target = await mkdtemp(join(folder, 'model-'));
    const [source] = await findSources([weights]);
    if (source === undefined) throw new Error('There is no source.');
    const run: RunGraph = (path, picture) => runGraph(path, picture, 2);
    const draft = await convertModel(source, target, run);
    // Those of faces are tried as a whole (tests/contract/faces.test.ts).
    if ('does' in draft) return;
    for (const { stem, height, width, scale } of pictures) {
      expect(draft.scale).toBe(scale);
      const values = pixelsOf(await readNumbers(join(folder, `${stem}.source`)));
      const answer = await run(join(target, 'fp32.onnx'), { width, height, values });
      if ('refusal' in answer) throw new Error(answer.refusal);
      expect(signalToNoise(pixelsOf(await readNumbers(join(folder, `${stem}.result`))), answer.values)).toBeGreaterThan(60);
    }
  });
});

/** [1, 3, H, W] → [1, H, W, 3]. */
function pixelsOf(planes: Float32Array): Float32Array {
  const count = planes.length / 3;
  return planes.map((_, index) => planes[(index % 3) * count + Math.floor(index / 3)] ?? 0);
}
