import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Background } from '../../../src/app/give-way.ts';
import { nodeLauncher } from '../../../src/app/node-launcher.ts';
import { ownMark } from '../../../src/system/processes.ts';
import { SupervisedEngine } from '../../../src/app/supervised-engine.ts';
import type { Notice, Progress } from '../../../src/shared/engine-protocol.ts';
import { scratchPrefix, temporarySuffix } from '../../../src/shared/temporary-names.ts';
import { defaultOptions } from '../../../src/shared/options.ts';
import type { Request } from '../../../src/shared/request.ts';
import { until } from '../../support/until.ts';

const host = join(import.meta.dirname, '../../support/scripted-host.mjs');
let folder: string;
let engine: SupervisedEngine | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onestep-supervisor-'));
});

afterEach(async () => {
  await engine?.close();
  engine = null;
  await rm(folder, { recursive: true, force: true });
});

function start(script: string, more: { graceSeconds?: number; idleSeconds?: number; background?: Background } = {}): SupervisedEngine {
  engine = new SupervisedEngine({
    launch: nodeLauncher(host, { env: { ...process.env, ONESTEP_TEST_SCRIPT: script } }),
    settings: { modelFolders: [], cacheFolder: folder, temporaryFolder: join(folder, 'temporary'), threads: 1 },
    ...more,
  });
  return engine;
}

const request = (provider: Request['options']['provider'] = 'auto'): Request => ({
  source: join(folder, 'photo.jpg'),
  options: { ...defaultOptions, provider },
});

const isAlive = (processId: number): boolean => {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
};

describe('a silent engine', () => {
  it('is killed a grace time after the cancellation, its leftovers are removed and the next call runs on a fresh process', async () => {
    const supervised = start('silent', { graceSeconds: 0.2 });
    const controller = new AbortController();
    let began = false;
    const job = supervised.photos.enhance(request(), { signal: controller.signal, onProgress: () => (began = true) });
    await until(() => began);
    const processId = supervised.processId ?? 0;
    const scratch = join(folder, 'temporary', `${scratchPrefix({ host: ownMark(), processId })}abc`);
    await mkdir(scratch, { recursive: true });
    await writeFile(join(scratch, 'pass-1.tif'), 'half');
    const ofProcess = (id: number): string => `.photo_4x.jpg${temporarySuffix({ host: ownMark(), processId: id }, '01234567')}`;
    const half = ofProcess(processId);
    await writeFile(join(folder, half), 'half');
    await writeFile(join(folder, ofProcess(1)), 'of another process');

    const asked = performance.now();
    controller.abort();
    await expect(job).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - asked).toBeGreaterThan(190);
    expect(performance.now() - asked).toBeLessThan(5000);
    expect(isAlive(processId)).toBe(false);
    expect((await readdir(folder)).sort()).toEqual([ofProcess(1), 'temporary']);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);

    expect(await supervised.models.list()).toEqual([]);
    expect(supervised.processId).not.toBe(processId);
  });

  it('does not keep a job that was cancelled before it began', async () => {
    const supervised = start('silent');
    const controller = new AbortController();
    controller.abort();
    await expect(supervised.photos.enhance(request(), { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('an engine that dies', () => {
  it('is told with how and with its last words, when it was on the processor', async () => {
    const supervised = start('silent');
    let began = false;
    const job = supervised.photos.enhance(request(), { onProgress: () => (began = true) });
    await until(() => began);
    process.kill(supervised.processId ?? 0, 'SIGKILL');
    await expect(job).rejects.toMatchObject({ code: 'engine-stopped', detail: 'signal SIGKILL' });
    expect(await supervised.models.list()).toEqual([]);
  });

  it('on an accelerator does the photo again on the processor, and later ones there at once', async () => {
    const supervised = start('webgpu');
    const notices: Notice[] = [];
    const progress: Progress[] = [];
    const report = await supervised.photos.enhance(request(), {
      onNotice: (notice) => notices.push(notice),
      onProgress: (step) => progress.push(step),
    });
    expect(report.provider).toBe('cpu');
    expect(report.notices).toMatchObject([{ code: 'retried' }]);
    expect(notices).toEqual(report.notices);
    expect(notices[0]?.message.values).toMatchObject({ device: 'webgpu' });
    expect(progress).toMatchObject([{ provider: 'webgpu' }]);
    const second = supervised.processId;
    expect((await supervised.photos.enhance(request())).notices).toEqual([]);
    expect(supervised.processId).toBe(second);
  });

  it('while decoding is not asked twice', async () => {
    await expect(start('decode').photos.enhance(request())).rejects.toMatchObject({
      code: 'engine-stopped',
      detail: 'signal SIGKILL\ndriver: lost the device',
    });
  });

  it('at its start fails the call with what it said', async () => {
    await expect(start('refuse').models.list()).rejects.toMatchObject({ code: 'engine-stopped', detail: 'exit code 3\nno such library' });
  });

  it('that cannot be started at all fails the call', async () => {
    engine = new SupervisedEngine({
      launch: nodeLauncher(host, { execPath: join(folder, 'no-node') }),
      settings: { modelFolders: [], cacheFolder: folder, temporaryFolder: folder, threads: 1 },
    });
    await expect(engine.models.list()).rejects.toMatchObject({
      code: 'engine-stopped',
      detail: expect.stringContaining('could not be started') as string,
    });
  });
});

it('an idle engine ends, and comes back for the next call', async () => {
  const supervised = start('idle', { idleSeconds: 0.1 });
  await supervised.models.list();
  const first = supervised.processId ?? 0;
  await until(() => !isAlive(first));
  await supervised.models.list();
  expect(supervised.processId).not.toBe(first);
});

it.each([
  ['enhancing', constants.priority.PRIORITY_BELOW_NORMAL],
  ['measuring', constants.priority.PRIORITY_LOW],
] as const)('an engine in the background, %s, gives way to others', async (background, priority) => {
  const supervised = start('plain', { background });
  await supervised.models.list();
  expect(getPriority(supervised.processId ?? 0)).toBe(priority);
  expect(getPriority()).toBe(constants.priority.PRIORITY_NORMAL);
});

it('jobs run one after another, in order', async () => {
  const supervised = start('plain');
  const order: string[] = [];
  await Promise.all(
    ['cpu' as const, 'webgpu' as const, 'cpu' as const].map(async (provider) =>
      order.push((await supervised.photos.enhance(request(provider))).provider),
    ),
  );
  expect(order).toEqual(['cpu', 'webgpu', 'cpu']);
});
