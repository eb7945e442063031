import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pageHeaders } from '../shared/page-headers.ts';
import { parsePhotoAddress } from '../shared/photo-addresses.ts';
import { problemOf, type Problem, type ProblemCode } from '../shared/problem.ts';
import type { Application } from './application.ts';

/** What the page asks its door for: an address below its own origin. */
export interface PageRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly address: string;
  readonly signal: AbortSignal;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** The built interface lies flat, with one folder of assets: no other path can name a file of it. */
const interfaceFile = /^\/(?:assets\/)?[\w-][\w.-]*$/;

const statuses: Partial<Record<ProblemCode, number>> = { 'not-found': 404, 'not-opened': 403, 'internal-error': 500 };

/** Answers the page's requests in every door: the interface's own files, and photos under `/photo/`. */
export function pageAnswers(folder: string, application: Application): (request: PageRequest) => Promise<PageAnswer> {
  const photo = async (path: string, version: string | null, signal: AbortSignal): Promise<PageAnswer> => {
    const address = parsePhotoAddress(path);
    if (address === null) return plain(404, 'There is nothing at this address.');
    try {
      const { type, bytes } = await application.pixels(address, signal);
      // An address with a version names one content for ever; one without may come to mean another.
      return answer(200, type, bytes, version === null ? 'no-store' : 'private, max-age=31536000, immutable');
    } catch (error) {
      return told(problemOf(error));
    }
  };

  const file = async (path: string): Promise<PageAnswer> => {
    const name = path === '/' ? '/index.html' : path;
    const type = types[extname(name)];
    if (type === undefined || !interfaceFile.test(name)) return plain(404, 'There is nothing at this address.');
    const bytes = await readFile(join(folder, name)).catch(() => null);
    return bytes === null ? plain(404, 'There is nothing at this address.') : answer(200, type, bytes, 'no-cache');
  };

  return async ({ method, address, signal }) => {
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Only GET and HEAD are answered here.');
    const [path = '', query = ''] = address.split('?', 2);
    if (!path.startsWith('/photo/')) return file(path);
    return photo(path, new URLSearchParams(query).get('v'), signal);
  };
}

const answer = (status: number, type: string, body: Uint8Array | string, caching: string): PageAnswer => ({
  status,
  headers: { ...pageHeaders, 'content-type': type, 'cache-control': caching },
  body,
});

/** An answer in words. */
export const plain = (status: number, words: string): PageAnswer => answer(status, 'text/plain; charset=utf-8', words, 'no-store');

const told = (problem: Problem): PageAnswer =>
  answer(statuses[problem.code] ?? 422, 'application/json', JSON.stringify(problem.toData()), 'no-store');
