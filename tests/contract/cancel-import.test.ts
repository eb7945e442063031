import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { run } from '../../src/cli/program.ts';
import type { WorkWatch } from '../../src/shared/work-watch.ts';
import { testFolder } from '../support/golden.ts';
import { repeatingModel } from '../support/ncnn-files.ts';
import { builtProgram } from '../support/programs.ts';
import { safetensorsOf, writeTinyFolder } from '../support/stable-folder.ts';

interface Workplace {
  readonly folder: string;
  /** Where imported models go. */
  readonly models: string;
  readonly engine: SupervisedEngine;
  /** Imports a tiny Stable Diffusion. */
  readonly importStable: (watch: WorkWatch) => Promise<unknown>;
}

async function workplace(): Promise<Workplace> {
  const folder = await testFolder();
  const models = join(folder, 'models');
  const engine = new SupervisedEngine({
    launch: nodeLauncher(builtProgram('engine-host.js')),
    settings: { modelFolders: [models], cacheFolder: join(folder, '.cache'), temporaryFolder: join(folder, '.temporary'), threads: 2 },
    // This computer may be busy: what is cancelled ends by itself all the same.
    graceSeconds: 50,
  });
  onTestFinished(() => engine.close());
  const base = await writeTinyFolder(join(folder, 'tiny-diffusion'));
  const embedding = join(base, 'embedding.safetensors');
  await writeFile(embedding, safetensorsOf(new Map([['embedding', { dims: [1, 5, 12], values: new Float32Array(60).fill(0.3) }]])));
  const importStable = (watch: WorkWatch) => engine.models.import([base], { diffusion: { embedding } }, watch);
  return { folder, models, engine, importStable };
}

describe('an import', { timeout: 180_000 }, () => {
  it('is cancelled in the middle without a trace, and a later one is told of up to its end', async () => {
    const { models, engine, importStable } = await workplace();
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    await expect(importStable({ signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(models)).toEqual([]);
    const { processId } = engine;
    const told: number[] = [];
    const outcomes = await importStable({ onProgress: (fraction) => told.push(fraction) });
    expect(outcomes).toMatchObject([{ problem: null, model: { id: 'tiny-diffusion' } }]);
    expect(engine.processId).toBe(processId);
    expect(told.length).toBeGreaterThan(20);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    expect(told.at(-1)).toBe(1);
    expect(await readdir(models)).toEqual(['tiny-diffusion']);
  });

  it('whose process is killed leaves no half model', async () => {
    const { models, engine, importStable } = await workplace();
    let inTheMiddle: string[] = [];
    const killed = importStable({
      onProgress: (fraction) => {
        if (fraction < 0.1 || inTheMiddle.length > 0 || engine.processId === null) return;
        inTheMiddle = ['killed'];
        process.kill(engine.processId, 'SIGKILL');
      },
    });
    await expect(killed).rejects.toMatchObject({ code: 'engine-stopped' });
    expect(inTheMiddle).toEqual(['killed']);
    expect(await engine.models.list()).toEqual([]);
    expect(await readdir(models)).toEqual([]);
  });

  it('of several models keeps those that were finished', async () => {
    const { folder, models, engine } = await workplace();
    const [first, second] = [await repeatingModel().write(folder, 'a'), await repeatingModel(0.05).write(folder, 'b')];
    const controller = new AbortController();
    const onProgress = (fraction: number): void => {
      if (fraction >= 0.5) controller.abort();
    };
    const importing = engine.models.import([first, second], {}, { signal: controller.signal, onProgress });
    await expect(importing).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(models)).toEqual(['a']);
    expect((await engine.models.list()).map(({ id }) => id)).toEqual(['a']);
  });
});

describe('onestep models import', { timeout: 180_000 }, () => {
  it.each([1, 2])('ends with 130 and leaves nothing after Ctrl-C, %i times', async (times) => {
    const { folder, models } = await workplace();
    const words = ['models', 'import', '--diffusers', 'tiny-diffusion', '--embedding', 'tiny-diffusion/embedding.safetensors'];
    const child = spawn(process.execPath, [builtProgram('cli.js'), ...words], {
      cwd: folder,
      env: { ...process.env, ONESTEP_MODELS: models, ONESTEP_CACHE: join(folder, '.cache') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    await expect.poll(() => readdir(models).catch(() => []), { timeout: 60_000, interval: 5 }).toHaveLength(1);
    child.kill('SIGINT');
    await once(child.stderr, 'data');
    for (let more = 1; more < times; more += 1) child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await readdir(models)).toEqual([]);
  });

  it('shows on a terminal how far it is', async () => {
    const { folder, engine } = await workplace();
    const param = await repeatingModel().write(folder, 'repeater');
    let [out, error] = ['', ''];
    const streams = { out: (text: string) => (out += text), error: (text: string) => (error += text), columns: () => 60 };
    const notHere = (): Promise<never> => Promise.reject(new Error('not here'));
    const installation = { version: '0.0.0', modelsFolder: folder, openEngine: () => engine };
    expect(await run(['models', 'import', param], { engine, streams, installation, openDownloads: notHere, openMetrics: notHere })).toBe(0);
    expect(error).toContain('░  60 %  importing');
    expect(error.endsWith('\u001b[2K')).toBe(true);
    expect(out).toMatch(/^repeater/);
  });
});
