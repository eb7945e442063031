import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Downloads } from '../../../../src/app/models/downloads.ts';
import * as catalogue from '../../../../src/app/models/catalogue.ts';
import type { CatalogueFile, DownloadProgress } from '../../../../src/shared/catalogue.ts';
import type { ImportOutcome, ModelSummary } from '../../../../src/shared/engine-protocol.ts';
import { throwIfCancelled } from '../../../../src/shared/problem.ts';
import { bytesFrom, promised, sendFile, serve, sha256Of } from '../../../support/file-server.ts';
import { testFolder } from '../../../support/golden.ts';
import { withSmallDisk } from '../../../support/small-disk.ts';
import { needs } from '../../../support/needs.ts';

const param = bytesFrom(1, 2000);
const bin = bytesFrom(2, 200_000);
const summary: ModelSummary = {
  ...{ id: 'tiny', name: 'Tiny', summary: '', family: null, scale: 2, options: [], precisions: ['fp32'], licence: 'MIT', limits: '' },
  ...{
    experimental: false,
    faces: null,
    author: '',
    credits: [],
    defaults: {},
    folder: '/models/tiny',
    removable: true,
    quantisable: false,
    sources: [],
    problem: null,
  },
};
const outcome = (more: Partial<ImportOutcome>): ImportOutcome => ({
  ...{ source: 'tiny', model: summary, kind: 'ncnn', problem: null, seconds: 1, ...more },
});

let folder: string;
let progress: [string, DownloadProgress | null][];
const importModels = vi.fn<ConstructorParameters<typeof Downloads>[0]['importModels']>();

beforeEach(async () => {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, '');
  folder = await testFolder();
  progress = [];
  importModels.mockReset().mockImplementation(async () => [outcome({})]);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The files themselves may come from this computer here; the rest of the catalogue is as it must be. */
function downloadsOf(files: readonly CatalogueFile[], modelsFolder = join(folder, 'models')): Downloads {
  const entry = {
    ...{ id: 'tiny', name: 'Tiny', summary: 'Good for tests.', scale: 2, licence: 'MIT', author: 'Somebody' },
    kind: 'ncnn',
  } as const;
  vi.spyOn(catalogue, 'readCatalogue').mockResolvedValue({ schema: 1, models: [{ ...entry, files: [...files] }], metrics: [] });
  return new Downloads({
    ...{ catalogueFile: 'catalogue.json', folder: join(folder, 'downloads'), modelsFolder, importModels },
    onProgress: (id, state) => progress.push([id, state]),
    transport: { stallSeconds: 5, pauseSeconds: 0.01, allowLoopback: true },
  });
}

const pair = (url: string): CatalogueFile[] => [promised(`${url}/param`, param, 'tiny.param'), promised(`${url}/bin`, bin, 'tiny.bin')];

async function fileServer(whims: Parameters<typeof sendFile>[3] = {}): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? '');
    sendFile(request, response, request.url === '/param' ? param : bin, whims);
  });
  return { url, asked };
}

describe('Downloads', () => {
  it('asks for nothing until somebody downloads', async () => {
    const { url, asked } = await fileServer();
    const downloads = downloadsOf(pair(url));
    expect(await downloads.entries()).toHaveLength(1);
    expect(downloads.progressOf('tiny')).toBeNull();
    expect(asked).toEqual([]);
  });

  it('fetches the files of a model, imports them with what the catalogue says of it, and leaves nothing', async () => {
    const { url } = await fileServer();
    const seen: string[] = [];
    importModels.mockImplementation(async (paths) => {
      for (const path of paths) seen.push(sha256Of(await readFile(path)));
      return [outcome({})];
    });
    expect(await downloadsOf(pair(url)).download('tiny')).toEqual(summary);
    expect(seen).toEqual([sha256Of(param), sha256Of(bin)]);
    expect(importModels.mock.calls[0]?.[1]).toEqual({ name: 'Tiny', licence: 'MIT', summary: 'Good for tests.', author: 'Somebody' });
    expect(await readdir(join(folder, 'downloads'))).toEqual([]);
    expect(progress.at(0)).toEqual(['tiny', { stage: 'download', receivedBytes: 0, totalBytes: 202_000 }]);
    expect(progress.at(-2)).toEqual(['tiny', { stage: 'import', receivedBytes: 202_000, totalBytes: 202_000 }]);
    expect(progress.at(-1)).toEqual(['tiny', null]);
  });

  it('is one download when it is asked for twice', async () => {
    const { url, asked } = await fileServer();
    const downloads = downloadsOf(pair(url));
    await Promise.all([downloads.download('tiny'), downloads.download('tiny')]);
    expect(asked).toEqual(['/param', '/bin']);
    expect(importModels).toHaveBeenCalledTimes(1);
  });

  it('ends when it is cancelled, and goes on later with what has arrived', async () => {
    let slow = true;
    const ranges: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      ranges.push(request.headers.range);
      if (request.url === '/param') sendFile(request, response, param);
      else if (slow) response.writeHead(200, { 'content-length': bin.length }).write(bin.subarray(0, 150_000));
      else sendFile(request, response, bin);
    });
    const downloads = downloadsOf(pair(url));
    const ended = downloads.download('tiny');
    await expect.poll(async () => (await readFile(join(folder, 'downloads/tiny/tiny.bin.part')).catch(() => '')).length).toBe(150_000);
    downloads.cancel('tiny');
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    expect(progress.at(-1)).toEqual(['tiny', null]);
    slow = false;
    await downloads.download('tiny');
    expect(ranges).toEqual([undefined, undefined, 'bytes=150000-']);
    expect(importModels).toHaveBeenCalledTimes(1);
  });

  it('ends the import, too, and keeps what has arrived', async () => {
    const { url, asked } = await fileServer();
    const downloads = downloadsOf(pair(url));
    importModels.mockImplementationOnce(async (_, __, { signal }) => {
      downloads.cancel('tiny');
      throwIfCancelled(signal);
      return [outcome({})];
    });
    await expect(downloads.download('tiny')).rejects.toMatchObject({ code: 'cancelled' });
    expect(await downloads.download('tiny')).toEqual(summary);
    expect(asked).toEqual(['/param', '/bin']);
  });

  it('imports nothing whose content is another', async () => {
    const { url } = await fileServer();
    const wrong = pair(url).map((file) => ({ ...file, sha256: sha256Of(Buffer.from('something else')) }));
    await expect(downloadsOf(wrong).download('tiny')).rejects.toMatchObject({ code: 'wrong-download' });
    expect(importModels).not.toHaveBeenCalled();
  });

  it('tells why the import refused, and does not keep the files', async () => {
    const { url } = await fileServer();
    const problem = { code: 'already-exists', message: 'tiny is installed already.', advice: 'Remove it first.' } as const;
    importModels.mockImplementation(async () => [outcome({ model: null, problem })]);
    await expect(downloadsOf(pair(url)).download('tiny')).rejects.toMatchObject(problem);
    expect(await readdir(join(folder, 'downloads'))).toEqual([]);
  });

  it('knows only what the catalogue has', async () => {
    await expect(downloadsOf([]).download('huge')).rejects.toMatchObject({ code: 'model-not-found' });
  });

  it('asks for nothing where there is no room', needs('smallDisk'), async () => {
    const { url, asked } = await fileServer();
    const disk = join(folder, 'disk');
    await withSmallDisk(disk, 500, async () => {
      await expect(downloadsOf(pair(url), disk).download('tiny')).rejects.toMatchObject({ code: 'not-enough-disk' });
    });
    expect(asked).toEqual([]);
  });
});

describe('readCatalogue', () => {
  it('says what is wrong with a catalogue that is none', async () => {
    const path = join(folder, 'catalogue.json');
    await expect(catalogue.readCatalogue(path)).rejects.toMatchObject({ code: 'not-found' });
    await mkdir(folder, { recursive: true });
    await writeFile(path, '{"schema":1,"models":[{"id":"x"}]}');
    await expect(catalogue.readCatalogue(path)).rejects.toMatchObject({ code: 'damaged-model-file' });
  });
});
