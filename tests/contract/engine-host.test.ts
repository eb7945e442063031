import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import { EngineProcess } from '../../src/app/engine-process.ts';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import type { EngineSettings } from '../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../src/shared/options.ts';
import { Problem } from '../../src/shared/problem.ts';
import type { Request } from '../../src/shared/request.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { builtProgram, writePicture } from '../support/programs.ts';

const settings = (folder: string): EngineSettings => ({
  modelFolders: [goldenFolder],
  cacheFolder: join(folder, '.cache'),
  temporaryFolder: join(folder, '.temporary'),
  threads: 2,
});

async function start(): Promise<{ folder: string; engine: SupervisedEngine }> {
  const folder = await testFolder();
  const engine = new SupervisedEngine({ launch: nodeLauncher(builtProgram('engine-host.js')), settings: settings(folder) });
  onTestFinished(() => engine.close());
  return { folder, engine };
}

const request = (source: string, options: Partial<Options> = {}): Request => ({
  source,
  options: { ...defaultOptions, model: 'convolution-x2', provider: 'cpu', target: { kind: 'scale', scale: 2 }, ...options },
});

/** Many tiles: enough time to interfere between two of them. */
const manyTiles = { tile: 33 } as const;

describe('the engine process', () => {
  it('answers with data and with Problems that are Problems again', async () => {
    const { folder, engine } = await start();
    expect((await engine.models.list()).map(({ id }) => id)).toContain('convolution-x2');
    expect(await engine.photos.inspect(await writePicture(join(folder, 'a.png')), 500)).toMatchObject({
      width: 40,
      height: 30,
      format: 'png',
    });
    const failure: unknown = await engine.photos.inspect(join(folder, 'missing.jpg'), 500).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Problem);
    expect(failure).toMatchObject({ code: 'not-found', advice: expect.stringMatching(/./) as string });
  });

  it('validates what it is asked', async () => {
    const { engine } = await start();
    const nonsense = { source: 'a.jpg', options: { ...defaultOptions, tile: -1 } };
    await expect(engine.photos.enhance(nonsense)).rejects.toMatchObject({
      code: 'bad-request',
      detail: expect.stringContaining('tile') as string,
    });
  });

  it('sends bugs with their stack and refuses names that are in no contract', async () => {
    const folder = await testFolder();
    const raw = new EngineProcess({
      launch: nodeLauncher(builtProgram('engine-host.js')),
      settings: settings(folder),
      events: {},
    });
    onTestFinished(() => raw.close());
    const nobody = join(folder, 'nobody.png');
    const twice = await raw.call(({ photos }) =>
      Promise.allSettled([photos.pyramid('same', nobody, join(folder, 'a.tif')), photos.pyramid('same', nobody, join(folder, 'b.tif'))]),
    );
    const bug: unknown = twice[1].status === 'rejected' ? twice[1].reason : null;
    expect(bug).toBeInstanceOf(Error);
    expect(bug).not.toBeInstanceOf(Problem);
    expect((bug as Error).stack).toContain('run');
    await expect(raw.call(({ photos }) => photos.inspect(null as unknown as string, 500))).rejects.toMatchObject({ code: 'bad-request' });
    for (const name of ['toString', 'photos', 'photos.toString', 'inspect']) {
      await expect(raw.call((_, call) => call(name, []))).rejects.toThrow('not found');
    }
  });

  it('measures results, tells how far it is, and stops when it is told to', async () => {
    const { folder, engine } = await start();
    const result = await writePicture(join(folder, 'result.png'), 900, 3000);
    const measuring = { result, reference: result, source: null, metricsFolder: join(folder, 'metrics') };
    const told: number[] = [];
    const { measurements } = await engine.evaluation.measure(measuring, { onProgress: (fraction) => told.push(fraction) });
    expect(measurements.map(({ metric, missing }) => [metric.id, missing])).toEqual([
      ['psnr-y', null],
      ['ssim-y', null],
      ['niqe', 'no-parameters'],
    ]);
    expect(told.length).toBeGreaterThan(4);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    const before = engine.processId;
    const controller = new AbortController();
    const stopped = engine.evaluation.measure(measuring, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(engine.processId).toBe(before);
  });

  it('cancels within a tile, without being killed, and leaves no file', async () => {
    const { folder, engine } = await start();
    const source = await writePicture(join(folder, 'a.png'), 100, 600);
    const controller = new AbortController();
    let tiles = 0;
    let processId: number | null = null;
    const job = engine.photos.enhance(request(source, manyTiles), {
      signal: controller.signal,
      onProgress: ({ tile }) => {
        if (tile !== undefined) tiles += 1;
        if (tiles === 1) controller.abort();
        processId = engine.processId;
      },
    });
    await expect(job).rejects.toMatchObject({ code: 'cancelled' });
    expect(tiles).toBeLessThan(10);
    await engine.models.list();
    expect(engine.processId).toBe(processId);
    expect(await readdir(folder)).toEqual(['.cache', '.temporary', 'a.png']);
    expect(await readdir(join(folder, '.temporary'))).toEqual([]);
  });

  it('killed in the middle of a job loses that job alone', async () => {
    const { folder, engine } = await start();
    const source = await writePicture(join(folder, 'a.png'), 100, 600);
    let killed = 0;
    const doomed = engine.photos.enhance(request(source, manyTiles), {
      onProgress: ({ tile }) => {
        if (tile === undefined || killed !== 0) return;
        killed = engine.processId ?? 0;
        process.kill(killed, 'SIGKILL');
      },
    });
    const next = engine.photos.enhance(request(source));
    await expect(doomed).rejects.toMatchObject({ code: 'engine-stopped', detail: 'signal SIGKILL' });
    expect(await next).toMatchObject({ status: 'done', output: join(folder, 'a_2x.png') });
    expect(engine.processId).not.toBe(killed);
    expect((await readdir(folder)).sort()).toEqual(['.cache', '.temporary', 'a.png', 'a_2x.png']);
    expect(await readdir(join(folder, '.temporary'))).toEqual([]);
  });

  it('leaves young scratch of unknown processes alone when it opens', async () => {
    const folder = await testFolder();
    const abandoned = join(folder, '.temporary', `onestep-${2 ** 22 + 1}-x`);
    await mkdir(abandoned, { recursive: true });
    await writeFile(join(abandoned, 'young'), '');
    const engine = new SupervisedEngine({ launch: nodeLauncher(builtProgram('engine-host.js')), settings: settings(folder) });
    onTestFinished(() => engine.close());
    await engine.models.list();
    expect(await readdir(join(folder, '.temporary'))).toHaveLength(1);
  });

  it('ends when its parent goes away', async () => {
    const child = fork(builtProgram('engine-host.js'), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const spoke = once(child, 'message');
    child.send({ t: 'q', m: 'process.open', a: [settings(await testFolder())], i: '1' });
    await spoke;
    const ended = once(child, 'exit');
    child.disconnect();
    expect(await ended).toEqual([0, null]);
  });
});
