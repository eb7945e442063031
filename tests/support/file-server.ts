import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { CatalogueFile } from '../../src/shared/catalogue.ts';

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes without a pattern that a mistake in positions could hide behind; the same for the same seed. */
export function bytesFrom(seed: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let state = seed;
  for (let index = 0; index < count; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A server on 127.0.0.1 for the length of a test. */
export async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Whims {
  readonly etag?: string;
  readonly ignoresRange?: boolean;
  /** The connection is cut after so many bytes of an answer. */
  readonly cutAfter?: number;
}

/** Answers as a file server does, with whims. */
export function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer, whims: Whims = {}): void {
  const { etag, ignoresRange = false, cutAfter } = whims;
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const goesOn = from !== undefined && !ignoresRange && (condition === undefined || condition === etag);
  const start = goesOn ? Number(from) : 0;
  response.writeHead(goesOn ? 206 : 200, {
    'content-length': bytes.length - start,
    ...(etag === undefined ? {} : { etag }),
    ...(goesOn ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  const content = bytes.subarray(start, cutAfter === undefined ? undefined : start + cutAfter);
  if (start + content.length === bytes.length) response.end(content);
  else response.write(content, () => setTimeout(() => response.destroy(), 200));
}

export const promised = (url: string, bytes: Uint8Array, name = 'model.onnx'): CatalogueFile => ({
  ...{ name, url, fileBytes: bytes.length, sha256: sha256Of(bytes) },
});
