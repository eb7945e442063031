import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openBrowserServer } from '../../src/web/server.ts';
import { temporaryFolder } from './photo-files.ts';
import { scriptedApplication } from './scripted-application.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** Makes a plain HTTP request in which every header can be said, also those that `fetch` keeps to itself. */
export function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers: options.headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts) }));
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

export interface Own extends Record<string, string> {
  readonly cookie: string;
  readonly origin: string;
}

/** A browser door over a scripted application, with what its page would send; closed after the test. */
export async function openTestDoor() {
  const folder = await temporaryFolder();
  const interfaceFolder = join(folder, 'interface');
  await mkdir(join(interfaceFolder, 'assets'), { recursive: true });
  await writeFile(join(interfaceFolder, 'index.html'), '<!doctype html><title>Onestep</title>');
  await writeFile(join(interfaceFolder, 'assets', 'main-1a2b.js'), 'export {}');
  await writeFile(join(folder, 'secret.js'), 'secret');
  const application = scriptedApplication({ photos: [{}, {}] });
  const droppedFolder = join(folder, 'dropped');
  const server = await openBrowserServer({
    application,
    interfaceFolder,
    droppedFolder,
    droppedModelsFolder: join(folder, 'models'),
    port: 0,
  });
  onTestFinished(() => server.close());
  const { port, searchParams } = new URL(server.address);
  const entrance = await ask(Number(port), `/?token=${searchParams.get('token') ?? ''}`);
  const cookie = String(entrance.headers['set-cookie']).split(';')[0] ?? '';
  const own: Own = { cookie, origin: `http://127.0.0.1:${port}` };
  return { port: Number(port), server, application, droppedFolder, entrance, cookie, own };
}
