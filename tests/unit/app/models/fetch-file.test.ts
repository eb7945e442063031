import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fetchFile } from '../../../../src/app/models/fetch-file.ts';
import type { CatalogueFile } from '../../../../src/shared/catalogue.ts';
import { bytesFrom, promised, sendFile, serve, sha256Of } from '../../../support/file-server.ts';
import { withSmallDisk } from '../../../support/small-disk.ts';
import { needs } from '../../../support/needs.ts';

const bytes = bytesFrom(1, 300_000);
const other = bytesFrom(2, 300_000);
let folder: string;
let path: string;

beforeEach(async () => {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
  folder = await mkdtemp(join(tmpdir(), 'onestep-fetch-'));
  path = join(folder, 'model.onnx');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const quick = { stallSeconds: 5, pauseSeconds: 0.01, allowLoopback: true };
const fetching = (more: Partial<Parameters<typeof fetchFile>[2]> = {}): Parameters<typeof fetchFile>[2] => ({
  ...{ ...quick, signal: new AbortController().signal, onBytes: () => undefined, ...more },
});
const get = async (file: CatalogueFile, more = {}): Promise<void> => fetchFile(file, path, fetching(more));

/** A server whose connections break after every 100,000 bytes, and what it was asked for. */
async function breakingServer(whims: Parameters<typeof sendFile>[3] = {}): Promise<{ url: string; asked: IncomingHttpHeaders[] }> {
  const asked: IncomingHttpHeaders[] = [];
  const url = await serve((request, response) => {
    asked.push(request.headers);
    sendFile(request, response, bytes, { etag: '"one"', cutAfter: 100_000, ...whims });
  });
  return { url, asked };
}

describe('fetchFile', () => {
  it('fetches a file and tells how much of it is there', async () => {
    const url = await serve((request, response) => sendFile(request, response, bytes));
    const told: number[] = [];
    await get(promised(url, bytes), { onBytes: (count: number) => told.push(count) });
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
    expect(told.at(-1)).toBe(bytes.length);
    expect(await readdir(folder)).toEqual(['model.onnx']);
  });

  it('goes on where a connection was cut', async () => {
    const { url, asked } = await breakingServer();
    await get(promised(url, bytes));
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
    expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(asked.map((headers) => headers['if-range'])).toEqual([undefined, '"one"', '"one"']);
  });

  it('goes on with what an earlier run left, and asks for nothing where all is there', async () => {
    await writeFile(`${path}.part`, bytes.subarray(0, 250_000));
    const { url, asked } = await breakingServer();
    await get(promised(url, bytes));
    expect(asked.map(({ range }) => range)).toEqual(['bytes=250000-']);
    await get(promised(url, bytes));
    expect(asked).toHaveLength(1);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
  });

  it('begins anew where the server does not go on', async () => {
    await writeFile(`${path}.part`, other.subarray(0, 250_000));
    const url = await serve((request, response) => sendFile(request, response, bytes, { ignoresRange: true }));
    await get(promised(url, bytes));
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
  });

  it('begins anew where the file is another by now', async () => {
    await writeFile(`${path}.part`, other.subarray(0, 250_000));
    await writeFile(`${path}.part.etag`, '"older"');
    const { url, asked } = await breakingServer({ cutAfter: 300_000 });
    await get(promised(url, bytes));
    expect(asked).toHaveLength(1);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
  });

  it('begins anew where what was kept does not fit what came', async () => {
    await writeFile(`${path}.part`, other.subarray(0, 250_000));
    const { url, asked } = await breakingServer({ cutAfter: 300_000 });
    await get(promised(url, bytes));
    expect(asked.map(({ range }) => range)).toEqual(['bytes=250000-', undefined]);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
  });

  it.each([
    ['another content', other],
    ['too few bytes', bytes.subarray(1)],
    ['too many bytes', Buffer.concat([bytes, bytes])],
  ])('takes no file of %s', async (_, sent) => {
    const url = await serve((request, response) => sendFile(request, response, sent));
    await expect(get(promised(url, bytes))).rejects.toMatchObject({ code: 'wrong-download' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('stops a server that says no length and does not end', async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        sent += 100_000;
        if (!response.destroyed) response.write(bytes.subarray(0, 100_000), () => setTimeout(more, 1));
      };
      more();
    });
    await expect(get(promised(url, bytes))).rejects.toMatchObject({ code: 'wrong-download' });
    expect(sent).toBeLessThan(10_000_000);
    expect(await readdir(folder)).toEqual([]);
  });

  it('follows redirects, and none to an address that is not encrypted', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/file') sendFile(request, response, bytes);
      else response.writeHead(302, { location: request.url === '/near' ? '/file' : 'http://example.org/file' }).end();
    });
    await get(promised(`${url}/near`, bytes));
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
    await rm(path);
    await expect(get(promised(`${url}/far`, bytes))).rejects.toMatchObject({ code: 'wrong-download', detail: 'http://example.org/file' });
    await expect(get(promised(`${url}/file`, bytes), { allowLoopback: false })).rejects.toMatchObject({ code: 'wrong-download' });
  });

  it('does not follow redirects without end', async () => {
    const url = await serve((_, response) => {
      response.writeHead(301, { location: '/again' }).end();
    });
    await expect(get(promised(url, bytes))).rejects.toMatchObject({ code: 'wrong-download' });
  });

  it('gives a silent server up, keeps what has arrived, and asks again', async () => {
    let answers = 0;
    const url = await serve((request, response) => {
      answers += 1;
      if (answers > 1) sendFile(request, response, bytes);
      else response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 120_000));
    });
    await get(promised(url, bytes), { stallSeconds: 0.3 });
    expect(answers).toBe(2);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(bytes));
  });

  it('gives up where nothing arrives', async () => {
    let answers = 0;
    const url = await serve((_, response) => {
      answers += 1;
      response.writeHead(503).end();
    });
    await expect(get(promised(url, bytes))).rejects.toMatchObject({ code: 'not-downloaded' });
    expect(answers).toBe(3);
  });

  it('does not insist where the server has no such file', async () => {
    let answers = 0;
    const url = await serve((_, response) => {
      answers += 1;
      response.writeHead(404).end('no');
    });
    await expect(get(promised(url, bytes))).rejects.toMatchObject({ code: 'wrong-download' });
    expect(answers).toBe(1);
  });

  it('says when there is no server', async () => {
    const nobody = 'http://127.0.0.1:1';
    await expect(get(promised(nobody, bytes))).rejects.toMatchObject({
      code: 'not-downloaded',
      message: 'The server cannot be reached.',
    });
  });

  it('ends when it is cancelled and keeps what has arrived', async () => {
    const controller = new AbortController();
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 120_000));
    });
    const ended = get(promised(url, bytes), {
      signal: controller.signal,
      onBytes: (count: number) => {
        if (count === 120_000) controller.abort();
      },
    });
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    expect(sha256Of(await readFile(`${path}.part`))).toBe(sha256Of(bytes.subarray(0, 120_000)));
  });

  it('asks through the proxy that the environment names, unless it is exempted', async () => {
    const wanted: string[] = [];
    const url = await serve((request, response) => sendFile(request, response, bytes));
    const proxy = await proxyServer(wanted);
    vi.stubEnv('http_proxy', proxy);
    await get(promised(url, bytes));
    expect(wanted).toEqual([new URL(url).host]);
    await rm(path);
    vi.stubEnv('no_proxy', '127.0.0.1');
    await get(promised(url, bytes));
    expect(wanted).toHaveLength(1);
  });

  it('says that the disk is full and keeps what fitted', needs('smallDisk'), async () => {
    const disk = join(folder, 'disk');
    await withSmallDisk(disk, 200, async () => {
      const url = await serve((request, response) => sendFile(request, response, bytes));
      await expect(fetchFile(promised(url, bytes), join(disk, 'model.onnx'), fetching())).rejects.toMatchObject({
        code: 'not-enough-disk',
      });
      expect(await readdir(disk)).toEqual(['model.onnx.part']);
    });
  });
});

/** A proxy that opens tunnels (CONNECT) and notes where to. */
async function proxyServer(wanted: string[]): Promise<string> {
  const server = createServer();
  server.on('connect', (request, socket) => {
    wanted.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url ?? ''}`);
    const far = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
