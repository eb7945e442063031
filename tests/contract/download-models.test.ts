import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CatalogueCard } from '../../src/shared/catalogue.ts';
import type { ModelSummary } from '../../src/shared/engine-protocol.ts';
import { promised, sendFile } from '../support/file-server.ts';
import { testFolder } from '../support/golden.ts';
import { repeatingModel } from '../support/ncnn-files.ts';
import { onestep, type CommandResult } from '../support/programs.ts';
import { needs } from '../support/needs.ts';

interface Place {
  readonly folder: string;
  readonly asked: string[];
  readonly run: (...words: string[]) => Promise<CommandResult>;
}

/** The built program with a catalogue of one model, on an https server whose certificate it trusts. */
async function workplace(): Promise<Place> {
  const folder = await testFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...[...names, '-keyout', key, '-out', certificate],
  ]);
  expect(made.status).toBe(0);
  const [param, bin] = [Buffer.from(repeatingModel().param), Buffer.from(repeatingModel().bin)];
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (request, response) => {
    place.asked.push(`${request.url ?? ''} ${request.headers.range ?? 'from the beginning'}`);
    sendFile(request, response, request.url === '/tiny.param' ? param : bin);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const files = [promised(`${address}/tiny.param`, param, 'tiny.param'), promised(`${address}/tiny.bin`, bin, 'tiny.bin')];
  const entry = { id: 'repeater', name: 'Repeater', summary: 'Repeats pixels.', scale: 2, licence: 'CC0-1.0', author: 'Somebody' };
  const catalogue = join(folder, 'catalogue.json');
  await writeFile(catalogue, JSON.stringify({ schema: 1, models: [{ ...entry, kind: 'ncnn', files }] }));
  const models = join(folder, 'models');
  await mkdir(models);
  const env = {
    ...{ ONESTEP_CATALOGUE: catalogue, ONESTEP_MODELS: models, NODE_EXTRA_CA_CERTS: certificate },
    ...{ HTTPS_PROXY: '', https_proxy: '', NO_PROXY: '127.0.0.1' },
  };
  const place: Place = { folder, asked: [], run: (...words) => onestep(folder, words, { env }) };
  return place;
}

describe('onestep models', () => {
  it('tells what can be downloaded without asking anybody, and downloads it', needs('openssl'), async () => {
    const { folder, asked, run } = await workplace();
    const available = await run('models', 'available');
    expect(available).toMatchObject({ status: 0, error: '' });
    expect(available.out).toMatch(/^repeater {2}×2 {2}.* {2}CC0-1\.0\n {2}Repeater: Repeats pixels\.\n {2}by Somebody\n$/);
    expect(asked).toEqual([]);

    expect(await run('models', 'download', 'repeater')).toMatchObject({
      status: 0,
      error: '',
      out: 'repeater  ×2  CC0-1.0  is installed.\n',
    });
    expect(asked).toEqual(['/tiny.param from the beginning', '/tiny.bin from the beginning']);
    const [model] = JSON.parse((await run('models', 'list', '--json')).out) as ModelSummary[];
    expect(model).toMatchObject({ id: 'repeater', name: 'Repeater', summary: 'Repeats pixels.', author: 'Somebody', removable: true });
    expect(JSON.parse((await run('models', 'available', '--json')).out) as CatalogueCard[]).toMatchObject([{ installed: 'repeater' }]);
    expect(await readdir(join(folder, '.cache/downloads'))).toEqual([]);
  });

  it('says why a download failed, and downloads nothing that it does not know', needs('openssl'), async () => {
    const { asked, run } = await workplace();
    const unknown = await run('models', 'download', 'something');
    expect(unknown).toMatchObject({ status: 3, error: expect.stringContaining('no model called something in the catalogue') as string });
    expect(asked).toEqual([]);
  });

  it('goes on in a later run where an earlier one was cut off', needs('openssl'), async () => {
    const place = await workplace();
    await mkdir(join(place.folder, '.cache/downloads/repeater'), { recursive: true });
    await writeFile(join(place.folder, '.cache/downloads/repeater/tiny.param.part'), repeatingModel().param.slice(0, 7));
    expect(await place.run('models', 'download', 'repeater')).toMatchObject({ status: 0 });
    expect(place.asked).toEqual(['/tiny.param bytes=7-', '/tiny.bin from the beginning']);
  });
});
