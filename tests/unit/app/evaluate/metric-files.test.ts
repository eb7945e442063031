import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MetricFiles } from '../../../../src/app/evaluate/metric-files.ts';
import { metricsFolder } from '../../../../src/app/folders.ts';
import { readCatalogue } from '../../../../src/app/models/catalogue.ts';
import { fetchFile } from '../../../../src/app/models/fetch-file.ts';
import { niqeFile } from '../../../../src/shared/evaluation.ts';
import { bytesFrom, promised, sendFile, serve } from '../../../support/file-server.ts';
import { testFolder } from '../../../support/golden.ts';

const catalogueFile = join(import.meta.dirname, '../../../../models/catalogue.json');

describe('the files of metrics', () => {
  it('are in the catalogue under the name by which the engine finds them, at an address that does not change', async () => {
    const { metrics } = await readCatalogue(catalogueFile);
    expect(metrics.map(({ id, files }) => [id, files.map(({ name }) => name)])).toEqual([['niqe', [niqeFile]]]);
    expect(metrics[0]?.files[0]?.url).toMatch(/^https:\/\/raw\.githubusercontent\.com\/XPixelGroup\/BasicSR\/[0-9a-f]{40}\//);
  });

  it('are there when they were downloaded, and are the ones that were promised', async () => {
    const folder = join(await testFolder(), 'metrics');
    const files = new MetricFiles({ catalogueFile, folder });
    expect(await files.list()).toMatchObject([{ id: 'niqe', installed: false }]);
    const bytes = bytesFrom(1, 5000);
    const address = await serve((request, response) => sendFile(request, response, bytes));
    // The catalogue takes https only; what is fetched, and how it is checked, is the same.
    const { metrics } = await readCatalogue(catalogueFile);
    const here = join(folder, '..', 'catalogue.json');
    const file = promised(`${address}/a`, bytes, niqeFile);
    await writeFile(
      here,
      JSON.stringify({
        schema: 1,
        models: [],
        metrics: metrics.map((entry) => ({ ...entry, files: [{ ...file, url: 'https://127.0.0.1:1/a' }] })),
      }),
    );
    const refused = new MetricFiles({ catalogueFile: here, folder, transport: { stallSeconds: 1, pauseSeconds: 0, allowLoopback: true } });
    await expect(refused.download('niqe', new AbortController().signal)).rejects.toMatchObject({ code: 'not-downloaded' });
    expect(await readdir(folder)).not.toContain(niqeFile);
    const transport = { stallSeconds: 5, pauseSeconds: 0, allowLoopback: true };
    await fetchFile(file, join(folder, niqeFile), { ...transport, signal: new AbortController().signal, onBytes: () => undefined });
    expect(await readFile(join(folder, niqeFile))).toEqual(bytes);
    expect(await refused.list()).toMatchObject([{ id: 'niqe', installed: true }]);
    // What is there is not fetched again.
    expect(await refused.download('niqe', new AbortController().signal)).toMatchObject({ id: 'niqe' });
    await expect(files.download('nonsense', new AbortController().signal)).rejects.toMatchObject({ code: 'model-not-found' });
  });

  it('lie beside the models, unless something else is said', () => {
    expect(metricsFolder({ models: '/home/me/onestep/models' }, { env: {} })).toBe(join('/home/me/onestep', 'metrics'));
    expect(metricsFolder({ models: '/home/me/onestep/models' }, { env: { ONESTEP_METRICS: '/m' } })).toBe('/m');
  });
});
