import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { importModel, median } from './processes.ts';

const root = join(import.meta.dirname, '..', '..');
const generalWeights = join(root, '..', 'shared', 'data', 'weights', 'ncnn', 'RealESRGAN_General_x4_v3.bin');
const python = join(root, 'training', '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const sessionOptions = { intraOpNumThreads: availableParallelism(), graphOptimizationLevel: 'all' } as const;

/** A graph, and a shape of tile that suits it. `uint8` takes tiles as NHWC, `float32` as NCHW of 0…1. */
interface Candidate {
  readonly name: string;
  readonly file: string;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly samples: 'uint8' | 'float32';
}

export interface SpeedRow {
  readonly name: string;
  readonly secondsPerMegapixel: number;
}

/** One timed tile of a session: seconds per megapixel of result. */
async function timeTile(session: InferenceSession, tensor: Tensor, { scale, width, height }: Candidate): Promise<number> {
  const started = performance.now();
  await session.run({ [session.inputNames[0]!]: tensor });
  return (performance.now() - started) / 1000 / ((width * scale * height * scale) / 1e6);
}

async function opened(candidate: Candidate): Promise<{ name: string; seconds: number[]; measure: () => Promise<void> }> {
  const { name, file, width, height, samples } = candidate;
  const session = await InferenceSession.create(file, sessionOptions);
  const count = width * height * 3;
  const tensor =
    samples === 'uint8'
      ? new Tensor(
          samples,
          Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251),
          [1, height, width, 3],
        )
      : new Tensor(
          samples,
          Float32Array.from({ length: count }, (_, i) => ((i * 37) % 251) / 255),
          [1, 3, height, width],
        );
  await timeTile(session, tensor, candidate);
  const seconds: number[] = [];
  const measure = async (): Promise<void> => {
    seconds.push(await timeTile(session, tensor, candidate));
  };
  return { name, seconds, measure };
}

/**
 * Seconds per result megapixel of our ×4 graphs and of RealESRGAN_General fp32, converted layer by layer and as it is imported,
 * each on a tile shape that suits it, in interleaved rounds; and what the import took. Returns the reason instead where General's
 * weights or the training kit are not there.
 */
export async function compareModels(
  folder: string,
  rounds = 5,
): Promise<{ skipped: string } | { importSeconds: number; rows: SpeedRow[] }> {
  if (!existsSync(generalWeights)) return { skipped: 'RealESRGAN_General_x4_v3.bin is not in ../shared/data/weights/ncnn' };
  if (!existsSync(python)) return { skipped: 'training/.venv is not there: npm run setup:training' };
  const general = join(folder, 'general.onnx');
  execFileSync(python, [join(import.meta.dirname, 'general_onnx.py'), generalWeights, general], { stdio: 'inherit' });
  const imported = importModel(generalWeights, join(folder, 'models'));
  if (imported.model === null) throw new Error(JSON.stringify(imported.problem));
  const importedGraph = join(imported.model.folder, 'fp32-u8.onnx');
  const ours = (graph: string): string => join(root, 'models', 'onestep-photo-x4', graph);
  const [small, strip] = [
    { scale: 4, width: 192, height: 192 },
    { scale: 4, width: 1024, height: 256 },
  ];
  const candidates = [
    await opened({ name: 'RealESRGAN_General fp32, 192×192', file: general, ...small, samples: 'float32' }),
    await opened({ name: 'RealESRGAN_General fp32 as imported, 192×192', file: importedGraph, ...small, samples: 'uint8' }),
    await opened({ name: 'onestep-photo-x4 fp32, 1024×256', file: ours('fp32-u8.onnx'), ...strip, samples: 'uint8' }),
    await opened({ name: 'onestep-photo-x4 int8, 1024×256', file: ours('int8.onnx'), ...strip, samples: 'uint8' }),
  ];
  for (let round = 0; round < rounds; round += 1) for (const { measure } of candidates) await measure();
  return { importSeconds: imported.seconds, rows: candidates.map(({ name, seconds }) => ({ name, secondsPerMegapixel: median(seconds) })) };
}
