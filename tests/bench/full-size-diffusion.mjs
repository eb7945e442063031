/**
 * `npm run bench -- full-size-diffusion`: Stable Diffusion 2.1 with random weights of its true shapes, and a LoRA of rank 16 as the
 * paper's, is converted, and one tile of 512 pixels is run on the processor. Needs 6 GB of disk and about 10 GB of memory. With
 * `quick`, the same of narrow networks, to see that it works. Prints a table; nothing is asserted.
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');
const built = join(root, 'out', 'bench');
const program = join(built, 'full-size-steps.js');
const tiny = process.argv.includes('quick');
const threads = availableParallelism();

/** unet/config.json and vae/config.json of Stable Diffusion 2.1-base, or of its likeness. */
const channels = tiny ? [32, 32, 64, 64] : [320, 640, 1280, 1280];
const configs = {
  unet: {
    ...{ in_channels: 4, out_channels: 4, block_out_channels: channels, layers_per_block: 2 },
    down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
    ...{ attention_head_dim: tiny ? [1, 1, 2, 2] : [5, 10, 20, 20], cross_attention_dim: tiny ? 64 : 1024, use_linear_projection: true },
  },
  vae: {
    latent_channels: 4,
    block_out_channels: tiny ? [32, 32, 64, 64] : [128, 256, 512, 512],
    layers_per_block: 2,
    scaling_factor: 0.18215,
  },
};
/** Ends of the names of layers that the paper's LoRA changes (training/diffusion/lora.py). */
const adapted =
  /\.(to_q|to_k|to_v|to_out\.0|proj_in|proj_out|ff\.net\.0\.proj|ff\.net\.2|conv1|conv2|conv_shortcut|downsamplers\.0\.conv|upsamplers\.0\.conv)\.weight$/;
const rank = 16;

const countOf = (dims) => dims.reduce((product, size) => product * size, 1);

/** Random numbers of a standard deviation, as float16 or float32, repeated: what they are does not matter, but that signals live. */
function pool(deviation, bytes) {
  const numbers = Float32Array.from({ length: 65_521 }, () => {
    const uniform = () => Math.random() - 0.5;
    return (uniform() + uniform() + uniform()) * 2 * deviation;
  });
  if (bytes === 4) return Buffer.from(numbers.buffer);
  // Small enough for half precision without its edge cases: sign, exponent, fraction.
  const bits = new Uint32Array(numbers.buffer);
  return Buffer.from(
    Uint16Array.from(bits, (value) => {
      const exponent = ((value >>> 23) & 255) - 112;
      return exponent <= 0 ? 0 : ((value >>> 16) & 0x8000) | (exponent << 10) | ((value >>> 13) & 1023);
    }).buffer,
  );
}

/** A .safetensors file, written tensor by tensor. @param tensors [name, dims, standard deviation; 0 for ones, null for zeros] */
async function writeWeights(path, tensors, bytes) {
  const header = {};
  let end = 0;
  for (const [name, dims] of tensors)
    header[name] = { dtype: bytes === 2 ? 'F16' : 'F32', shape: dims, data_offsets: [end, (end += countOf(dims) * bytes)] };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const one = bytes === 2 ? Buffer.from([0, 0x3c]) : Buffer.from(Float32Array.of(1).buffer);
  const pools = new Map();
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(Buffer.concat([length, text]));
    for (const [, dims, deviation] of tensors) {
      if (deviation > 0 && !pools.has(deviation)) pools.set(deviation, pool(deviation, bytes));
      const filling = deviation === null ? Buffer.alloc(1) : deviation === 0 ? one : pools.get(deviation);
      await handle.writeFile(Buffer.alloc(countOf(dims) * bytes, filling));
    }
  } finally {
    await handle.close();
  }
}

async function makeFolder(folder) {
  for (const part of ['unet', 'vae']) {
    await mkdir(join(folder, part), { recursive: true });
    await writeFile(join(folder, part, 'config.json'), JSON.stringify(configs[part]));
  }
  const { keysOf } = await import(/* @vite-ignore */ pathToFileURL(program).href);
  const keys = await keysOf(folder);
  for (const part of ['unet', 'vae']) {
    const tensors = [...keys[part]].map(([name, dims]) => {
      const deviation = dims.length > 1 ? countOf(dims.slice(1)) ** -0.5 : name.endsWith('.weight') ? 0 : null;
      return [name, dims, deviation];
    });
    await writeWeights(join(folder, part, 'diffusion_pytorch_model.fp16.safetensors'), tensors, 2);
  }
  const pairs = [...keys.unet]
    .filter(([name, dims]) => dims.length > 1 && adapted.test(name))
    .flatMap(([name, [outputs, inputs, ...kernel]]) => {
      const layer = `unet.${name.slice(0, -'.weight'.length)}`;
      return [
        [`${layer}.lora_A.weight`, [rank, inputs, ...kernel], countOf([inputs, ...kernel]) ** -0.5],
        [`${layer}.lora_B.weight`, [outputs, rank, ...kernel.map(() => 1)], 0.01],
      ];
    });
  await writeWeights(join(folder, 'lora.safetensors'), pairs, 4);
  await writeWeights(join(folder, 'embedding.safetensors'), [['embedding', [1, 77, configs.unet.cross_attention_dim], 1]], 4);
}

function step(name, ...words) {
  const child = fork(join(import.meta.dirname, 'full-size-step.mjs'), [pathToFileURL(program).href, name, JSON.stringify(words)]);
  return new Promise((resolve, reject) => {
    let answer = null;
    child.once('message', (message) => (answer = message));
    child.once('error', reject);
    child.once('exit', (code) => (answer === null ? reject(new Error(`${name} ended with ${code}`)) : resolve(answer)));
  });
}

const row = (what, measured, wanted = '') => {
  console.log(`${what.padEnd(60)} ${measured.padStart(12)}   ${wanted}`);
};
const withComputing = (seconds, computing) => `${seconds.toFixed(1)} (${computing.toFixed(1)})`;
const gigabytes = (bytes) => (bytes / 1e9).toFixed(2);
const giga = (count) => (count / 1e9).toFixed(1);
const bytesIn = async (folder, pattern) => {
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true })) if (pattern.test(name)) sum += (await stat(join(folder, name))).size;
  return sum;
};

await build({
  ...{ configFile: false, root, logLevel: 'warn' },
  build: { ssr: 'tests/bench/full-size-steps.ts', outDir: built, emptyOutDir: true, target: 'node20' },
});
const work = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
try {
  console.log(`${cpus()[0].model}, ${threads} threads, Node ${process.version}, load ${loadavg()[0].toFixed(1)}\n`);
  const [folder, target] = [join(work, 'stable-diffusion'), join(work, 'model')];
  await mkdir(target);
  await makeFolder(folder);
  row('source, GB', gigabytes(await bytesIn(folder, /safetensors$/)));

  const counts = await step('multiplications', folder);
  const sum = (field) => counts.reduce((total, part) => total + part[field], 0);
  for (const part of counts) row(`${part.name}, GMACs (products of attention besides)`, `${giga(part.layers)} (${giga(part.attention)})`);
  row('all, GMACs', `${giga(sum('layers'))} (${giga(sum('attention'))})`);
  row('all with nothing folded, GMACs', giga(sum('unfolded')), tiny ? '' : 'floor 2120.3; the paper with its LoRA beside: 2132');

  const converted = await step('convert', folder, target);
  row('conversion with a LoRA of rank 16, s (of computing)', withComputing(converted.measured.seconds, converted.measured.computing));
  row('conversion, peak resident memory, GB', gigabytes(converted.measured.peakBytes), 'less than the source');
  row('model, GB', gigabytes(await bytesIn(target, /./)));
  await rm(folder, { recursive: true });

  const { measured: run } = await step('tile', converted.draft, target, threads);
  row('opening the three graphs in 32 bit, s', run.open.toFixed(1));
  for (const round of ['first', 'second']) {
    const stages = ['encoder', 'unet', 'decoder'].map((stage) => run[`${round} ${stage}`].toFixed(1)).join(' + ');
    row(`${round} tile on the processor: encoder + U-Net + decoder, s`, stages);
    row(
      `${round} tile, native code, s (of computing)`,
      withComputing(run[`${round} native`], run[`${round} computing`]),
      'the paper on an A100, unfolded: 0.11',
    );
  }
  row('multiplications and additions per second, 10⁹', giga((2 * (sum('layers') + sum('attention'))) / run['second native']));
  row('tile, peak resident memory, GB', gigabytes(run.peakBytes));
  const { measured: last } = await step('finish', converted.draft, target, threads);
  row('self-test of the import, opening included, s', last.seconds.toFixed(1));
} finally {
  await rm(work, { recursive: true, force: true });
  await rm(built, { recursive: true, force: true });
}
