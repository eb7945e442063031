import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/convert/diffusion/config.ts';
import { convertStable } from '../../../../src/convert/diffusion/convert-stable.ts';
import { openNetwork } from '../../../../src/convert/diffusion/folder.ts';
import { readFloats } from '../../../../src/convert/weights/state-dict.ts';
import { testFolder } from '../../../support/golden.ts';
import { safetensorsOf, tinyConfigs, writeTinyFolder } from '../../../support/stable-folder.ts';
import { keysOf, tinyStable } from '../../../support/stable-shapes.ts';
import { madeUp } from '../../../support/stable-weights.ts';

const keys = keysOf(tinyStable);
const unetFile = ['unet', 'diffusion_pytorch_model.safetensors'] as const;

describe('what a folder of diffusers says about itself', () => {
  it('is read', async () => {
    expect(await readConfig(await writeTinyFolder(await testFolder()))).toEqual(tinyStable);
  });

  it('is refused in words where it is another model', async () => {
    const refusals: [object, RegExp][] = [
      [{ unet: { cross_attention_dim: 768, attention_head_dim: 8, use_linear_projection: false } }, /is Stable Diffusion 1;/],
      [{ unet: { cross_attention_dim: 2048, addition_embed_type: 'text_time' } }, /is Stable Diffusion XL;/],
      [{ unet: { in_channels: 9 } }, /takes 9 channels/],
      [{ unet: { class_embed_type: 'timestep' } }, /class_embed_type of its unet is .timestep/],
      [{ unet: { down_block_types: ['DownBlock2D', 'DownBlock2D', 'DownBlock2D', 'DownBlock2D'] } }, /blocks of other kinds/],
      [{ unet: { block_out_channels: [6, 16, 16, 16] } }, /do not divide into 4 groups/],
      [{ vae: { latent_channels: 16 } }, /its latents have 16/],
      [{ vae: { use_quant_conv: false } }, /use_quant_conv of its vae is false/],
      [{ scheduler: { beta_schedule: 'linear' } }, /beta_schedule of its scheduler/],
    ];
    for (const [configs, message] of refusals) {
      const folder = await writeTinyFolder(await testFolder(), { configs });
      await expect(readConfig(folder)).rejects.toMatchObject({
        code: 'unsupported-model',
        message: expect.stringMatching(message) as string,
      });
    }
  });

  it('is missed where it is not there, but for the scheduler', async () => {
    const folder = await writeTinyFolder(await testFolder());
    await rm(join(folder, 'scheduler'), { recursive: true });
    expect((await readConfig(folder)).prediction).toBe('epsilon');
    await rm(join(folder, 'vae', 'config.json'));
    await expect(readConfig(folder)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('vae/config.json') as string,
    });
  });
});

describe('the weights of a folder', () => {
  it('lack or have too much: by name', async () => {
    const unet = madeUp(keys.unet);
    unet.delete('mid_block.attentions.0.proj_in.weight');
    unet.set('mid_block.motion.weight', { dims: [1], values: Float32Array.of(1) });
    unet.set('conv_out.bias', { dims: [5], values: new Float32Array(5) });
    const folder = await writeTinyFolder(await testFolder(), { unet });
    await expect(openNetwork(folder, 'unet', keys.unet)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringMatching(
        /lacks mid_block\.attentions\.0\.proj_in\.weight, it holds besides mid_block\.motion\.weight, it has in another shape conv_out\.bias/,
      ) as string,
    });
  });

  it('are damaged where the file is cut off', async () => {
    const folder = await writeTinyFolder(await testFolder());
    await truncate(join(folder, ...unetFile), (await readFile(join(folder, ...unetFile))).length - 10);
    await expect(openNetwork(folder, 'unet', keys.unet)).rejects.toMatchObject({ code: 'damaged-model-file' });
  });

  it('may be in several files', async () => {
    const folder = await writeTinyFolder(await testFolder());
    const all = [...madeUp(keys.unet, 7)];
    const parts = { 'a.safetensors': all.slice(0, 100), 'b.safetensors': all.slice(100) };
    for (const [name, tensors] of Object.entries(parts)) await writeFile(join(folder, 'unet', name), safetensorsOf(new Map(tensors)));
    const map = Object.fromEntries(Object.entries(parts).flatMap(([name, tensors]) => tensors.map(([tensor]) => [tensor, name])));
    await rm(join(folder, ...unetFile));
    const index = join(folder, 'unet', 'diffusion_pytorch_model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ weight_map: map }));
    const network = await openNetwork(folder, 'unet', keys.unet);
    const [name, { values }] = all.at(-1) ?? ['', { values: new Float32Array() }];
    const tensor = network.tensors.get(name);
    expect(tensor === undefined ? null : await readFloats(tensor)).toEqual(values);
    await network.close();

    await writeFile(index, JSON.stringify({ weight_map: { ...map, 'conv_in.bias': '../../secret.safetensors' } }));
    await expect(openNetwork(folder, 'unet', keys.unet)).rejects.toMatchObject({ code: 'unsafe-model-file' });
  });

  it('of the autoencoder may have the names of old files, and matrices as convolutions', async () => {
    const old = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const vae = new Map(
      [...madeUp(keys.vae)].map(([name, tensor]) => {
        const [, present] = /attentions\.0\.(to_q|to_k|to_v|to_out\.0)\./.exec(name) ?? [];
        if (present === undefined) return [name, tensor] as const;
        const dims = name.endsWith('.weight') ? [...tensor.dims, 1, 1] : tensor.dims;
        return [name.replace(present, old[present as keyof typeof old]), { ...tensor, dims }] as const;
      }),
    );
    expect(vae.has('encoder.mid_block.attentions.0.proj_attn.weight')).toBe(true);
    const network = await openNetwork(await writeTinyFolder(await testFolder(), { vae }), 'vae', keys.vae);
    expect([...network.tensors.keys()].sort()).toEqual([...keys.vae.keys()].sort());
    await network.close();
  });
});

describe('the tile and the step of a model', () => {
  it('must be of a size that every level can halve', async () => {
    const folder = await writeTinyFolder(await testFolder());
    await expect(convertStable({ folder, tile: 96 }, {}, await testFolder())).rejects.toMatchObject({ code: 'unsupported-model' });
  });

  it('cannot be guessed for a U-Net that predicts v', async () => {
    const configs = { scheduler: { ...tinyConfigs.scheduler, prediction_type: 'v_prediction' } };
    const folder = await writeTinyFolder(await testFolder(), { configs });
    await expect(convertStable({ folder, tile: 64 }, {}, await testFolder())).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('predicts v') as string,
      advice: expect.stringContaining('--step v_x0') as string,
    });
  });
});

describe('a converted model', () => {
  it('tells how far it is, and ends between two tensors', async () => {
    const folder = await writeTinyFolder(join(await testFolder(), 'base'));
    const embedding = join(folder, 'embedding.safetensors');
    await writeFile(embedding, safetensorsOf(new Map([['embedding', { dims: [1, 5, 12], values: new Float32Array(60) }]])));
    const told: number[] = [];
    await convertStable({ folder, tile: 64 }, { embedding }, await testFolder(), { onProgress: (fraction) => told.push(fraction) });
    expect(told.length).toBeGreaterThan(100);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    expect(told.at(-1)).toBeGreaterThan(0.7);
    expect(told.at(-1)).toBeLessThanOrEqual(0.9);

    const controller = new AbortController();
    const target = await testFolder();
    let tensors = 0;
    const onProgress = (): void => {
      tensors += 1;
      if (tensors === 3) controller.abort();
    };
    const ended = convertStable({ folder, tile: 64 }, { embedding }, target, { signal: controller.signal, onProgress });
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    expect(tensors).toBe(3);
    expect(await readdir(target)).toEqual(['encoder.bin']);
  });

  it('is asked for its embedding, which is found beside the LoRA', async () => {
    const folder = await writeTinyFolder(join(await testFolder(), 'base'));
    await expect(convertStable({ folder, tile: 64 }, {}, await testFolder())).rejects.toMatchObject({ code: 'bad-request' });

    const lora = join(folder, '..', 'lora.safetensors');
    const name = 'unet.conv_in.lora_A.weight';
    const pair = new Map([
      [name, { dims: [2, 4, 3, 3], values: new Float32Array(72).fill(0.1) }],
      [name.replace('_A', '_B'), { dims: [8, 2, 1, 1], values: new Float32Array(16).fill(0.1) }],
    ]);
    await writeFile(lora, safetensorsOf(pair));
    await writeFile(
      join(folder, '..', 'embedding.safetensors'),
      safetensorsOf(new Map([['embedding', { dims: [1, 5, 12], values: new Float32Array(60) }]])),
    );
    const draft = await convertStable({ folder, tile: 64 }, { lora, step: 'v_x0' }, await testFolder());
    expect(draft).toMatchObject({
      kind: 'Stable Diffusion 2, LoRA of diffusers, rank 2',
      diffusion: {
        step: { kind: 'v_x0', timestep: 399 },
        tile: 64,
        overlap: 8,
        latent: { channels: 4, factor: 8, scalingFactor: 0.18215 },
      },
      graphs: [{ precision: 'fp16' }, { precision: 'fp32', unet: { file: 'unet-fp32.onnx' } }],
      recipe: { step: 'v_x0', timestep: 399, loraScale: null },
    });
    expect(draft.sources.map(({ file }) => file)).toEqual([unetFile[1], unetFile[1], 'lora.safetensors', 'embedding.safetensors']);
  });
});
