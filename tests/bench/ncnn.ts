/**
 * `npm run bench -- ncnn FOLDER [PARAM...]`: the same networks in ncnn and in Onestep, on one processor. FOLDER is a checkout of ncnn with a
 * build for this processor in `build` (`cmake -B build -DCMAKE_BUILD_TYPE=Release -DNCNN_VULKAN=OFF -DNCNN_RUNTIME_CPU=OFF -DNCNN_AVX512=ON
 * -DNCNN_BUILD_TOOLS=OFF -DNCNN_BUILD_EXAMPLES=OFF && cmake --build build`). Each model (Real-ESRGAN x4plus and General where none is named) is
 * imported and quantised; then all take turns on one tile, and it prints the processor seconds of each a megapixel of result.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { importModel } from './processes.ts';

const weights = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'weights', 'ncnn');
const cli = join(import.meta.dirname, '..', '..', 'out', 'cli.js');
const quick = process.argv.includes('quick');
const words = process.argv.slice(process.argv.indexOf('ncnn') + 1).filter((word) => word !== 'quick');
const [width, height, scale, rounds] = quick ? [32, 32, 4, 1] : [256, 128, 4, 5];
const samples = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251);

/** Processor seconds of one run. */
type Measure = () => Promise<number>;

function ncnnRuns(program: string, param: string, precision: 'default' | 'fp32'): Measure {
  const parameters = [param, param.replace(/\.param$/, '.bin'), String(width), String(height), '2', precision];
  return async () => Number(execFileSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
}

async function ourRuns(graph: string): Promise<Measure> {
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1, graphOptimizationLevel: 'all' });
  const [input = ''] = session.inputNames;
  const run = async (): Promise<number> => {
    const before = process.cpuUsage();
    await session.run({ [input]: new Tensor('uint8', samples, [1, height, width, 3]) });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  await run();
  return async () => Math.min(await run(), await run());
}

async function compare(program: string, param: string, models: string): Promise<void> {
  const { model, problem } = importModel(param, models);
  if (model === null) throw new Error(JSON.stringify(problem));
  // It fails where 8 bits gain nothing, which is an answer.
  spawnSync(process.execPath, [cli, 'models', 'quantise', model.id], { stdio: ['ignore', 'ignore', 'inherit'] });
  const candidates = new Map<string, Measure>([
    ['ncnn as it comes', ncnnRuns(program, param, 'default')],
    ['ncnn in 32 bits', ncnnRuns(program, param, 'fp32')],
    ['Onestep in 32 bits', await ourRuns(join(model.folder, 'fp32-u8.onnx'))],
  ]);
  const bytes = join(model.folder, 'int8.onnx');
  if (existsSync(bytes)) candidates.set('Onestep in 8 bits', await ourRuns(bytes));
  const fastest = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of candidates) fastest.set(name, Math.min(fastest.get(name) ?? Infinity, await measure()));
  }
  const base = fastest.get('ncnn as it comes') ?? Number.NaN;
  console.log(`${model.id}, ${width} × ${height}`);
  for (const [name, seconds] of fastest) {
    const each = seconds / ((width * height * scale ** 2) / 1e6);
    console.log(`  ${name.padEnd(20)} ${each.toFixed(2)} s/MP, ${(base / seconds).toFixed(2)} times as fast`);
  }
}

const [checkout, ...named] = words;
const library = join(checkout ?? '', 'build', 'src', 'libncnn.a');
if (checkout === undefined || !existsSync(library)) throw new Error('Say where ncnn is, built: npm run bench -- ncnn FOLDER');
const folder = await mkdtemp(join(tmpdir(), 'onestep-ncnn-'));
process.env.ONESTEP_MODELS = join(folder, 'models');
process.env.ONESTEP_CACHE = join(folder, 'cache');
try {
  const program = join(folder, 'ncnn');
  const includes = ['src', 'build/src'].map((part) => `-I${join(checkout, part)}`);
  execFileSync('cc', ['-O2', '-fopenmp', ...includes, join(import.meta.dirname, 'ncnn.cpp'), library, '-lstdc++', '-lm', '-o', program]);
  const models = named.length > 0 ? named : ['realesrgan-x4plus', 'RealESRGAN_General_x4_v3'].map((name) => join(weights, `${name}.param`));
  for (const param of models) await compare(program, param, join(folder, 'models'));
} finally {
  await rm(folder, { recursive: true });
}
