import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { importModel, median } from './processes.mjs';

const root = join(import.meta.dirname, '..', '..');
const generalWeights = join(root, '..', 'shared', 'data', 'weights', 'ncnn', 'RealESRGAN_General_x4_v3.bin');
const python = join(root, 'training', '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const sessionOptions = { intraOpNumThreads: availableParallelism(), graphOptimizationLevel: 'all' };

/** One timed tile of a session: seconds per megapixel of result. */
async function timeTile(session, tensor, scale, width, height) {
  const started = performance.now();
  await session.run({ [session.inputNames[0]]: tensor });
  return (performance.now() - started) / 1000 / ((width * scale * height * scale) / 1e6);
}

async function candidate(name, file, scale, width, height, samples, layout) {
  const session = await InferenceSession.create(file, sessionOptions);
  const count = width * height * 3;
  const values =
    samples === 'uint8'
      ? Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251)
      : Float32Array.from({ length: count }, (_, i) => ((i * 37) % 251) / 255);
  const tensor = new Tensor(samples, values, layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width]);
  await timeTile(session, tensor, scale, width, height);
  const seconds = [];
  return { name, seconds, measure: async () => seconds.push(await timeTile(session, tensor, scale, width, height)) };
}

/**
 * Seconds per result megapixel of our ×4 graphs and of RealESRGAN_General fp32, converted layer by layer and as it is imported,
 * each on a tile shape that suits it, in interleaved rounds; and what the import took. Returns the reason instead where General's
 * weights or the training kit are not there.
 */
export async function compareModels(folder, rounds = 5) {
  if (!existsSync(generalWeights)) return { skipped: 'RealESRGAN_General_x4_v3.bin is not in ../shared/data/weights/ncnn' };
  if (!existsSync(python)) return { skipped: 'training/.venv is not there: npm run setup:training' };
  const general = join(folder, 'general.onnx');
  execFileSync(python, [join(import.meta.dirname, 'general_onnx.py'), generalWeights, general], { stdio: 'inherit' });
  const imported = importModel(generalWeights, join(folder, 'models'));
  const importedGraph = join(imported.model.folder, 'fp32-u8.onnx');
  const ours = (graph) => join(root, 'models', 'onestep-photo-x4', graph);
  const candidates = [
    await candidate('RealESRGAN_General fp32, 192×192', general, 4, 192, 192, 'float32', 'nchw'),
    await candidate('RealESRGAN_General fp32 as imported, 192×192', importedGraph, 4, 192, 192, 'uint8', 'nhwc'),
    await candidate('onestep-photo-x4 fp32, 1024×256', ours('fp32-u8.onnx'), 4, 1024, 256, 'uint8', 'nhwc'),
    await candidate('onestep-photo-x4 int8, 1024×256', ours('int8.onnx'), 4, 1024, 256, 'uint8', 'nhwc'),
  ];
  for (let round = 0; round < rounds; round += 1) for (const { measure } of candidates) await measure();
  return { importSeconds: imported.seconds, rows: candidates.map(({ name, seconds }) => ({ name, secondsPerMegapixel: median(seconds) })) };
}
