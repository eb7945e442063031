import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { CatalogueFile } from '../../shared/catalogue.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { askWeb, type WebAnswer } from './web-request.ts';

export interface Transport {
  /** So long the server may say nothing before the connection is given up. */
  readonly stallSeconds: number;
  /** Before a connection is tried again. */
  readonly pauseSeconds: number;
  /** Also takes http from this computer itself, for tests. */
  readonly allowLoopback: boolean;
}

export const webTransport: Transport = { stallSeconds: 30, pauseSeconds: 1, allowLoopback: false };

interface Fetching extends Transport {
  readonly signal: AbortSignal;
  /** Told as bytes arrive: how many of the file are there. */
  readonly onBytes: (bytes: number) => void;
}

/** Connections in a row that brought nothing. */
const patience = 3;

/**
 * Fetches one file to `path`, where it appears when its size and sha256 are as promised. What arrived before, in this run or an
 * earlier one, lies beside it as `.part` and is not fetched again; where the server does not go on from there, it begins anew.
 * @throws Problem not-downloaded, wrong-download, not-enough-disk, cancelled
 */
export async function fetchFile(file: CatalogueFile, path: string, fetching: Fetching): Promise<void> {
  if (await isPromised(path, file)) return;
  const part = `${path}.part`;
  const resumed = await receiveAll(file, part, fetching);
  if (!(await isPromised(part, file))) {
    await discard(part);
    // Pieces of two states of the file do not fit together; what came in one piece stays wrong.
    if (resumed) await receiveAll(file, part, fetching);
    if (!(await isPromised(part, file))) {
      await discard(part);
      throw wrongContent(file);
    }
  }
  await discardTag(part);
  await rename(part, path);
}

/** How much of a file is there already. */
export async function bytesOf(file: CatalogueFile, path: string): Promise<number> {
  return Math.min(file.fileBytes, Math.max(await sizeOf(path), await sizeOf(`${path}.part`)));
}

/** @returns whether the file came in more than one piece */
async function receiveAll(file: CatalogueFile, part: string, fetching: Fetching): Promise<boolean> {
  let have = await sizeOf(part);
  let resumed = have > 0;
  for (let inVain = 0; have < file.fileBytes; have = await sizeOf(part)) {
    throwIfCancelled(fetching.signal);
    try {
      resumed = await receive(file, part, have, fetching);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'wrong-download') await discard(part);
      inVain = (await sizeOf(part)) > have ? 0 : inVain + 1;
      if (error.code !== 'not-downloaded' || inVain >= patience) throw error;
      await wait(fetching.pauseSeconds * 1000, undefined, { signal: fetching.signal }).catch(() => undefined);
    }
  }
  return resumed;
}

/** @returns whether the server went on after the bytes that were there */
async function receive(file: CatalogueFile, part: string, have: number, fetching: Fetching): Promise<boolean> {
  const tag = have > 0 ? await readTag(part) : null;
  const headers = {
    'user-agent': 'Onestep',
    'accept-encoding': 'identity',
    ...(have > 0 ? { range: `bytes=${have}-` } : {}),
    ...(tag === null ? {} : { 'if-range': tag }),
  };
  return askWeb({ url: file.url, headers, ...fetching }, async (answer) => {
    const start = await startOf(answer, file, part, have);
    if (start === 0) await writeTag(part, answer.header('etag'));
    await store(answer.content, file, { part, start, onBytes: fetching.onBytes });
    return start > 0;
  });
}

/**
 * Where the bytes of an answer belong.
 * @throws Problem not-downloaded where asking again may help, wrong-download where it will not
 */
async function startOf(answer: WebAnswer, file: CatalogueFile, part: string, have: number): Promise<number> {
  const { status } = answer;
  if (status === 200) return startOfWhole(answer, file);
  if (status === 206 && startOfRest(answer, file) === have) return have;
  if (status === 206 || status === 416) await discard(part);
  throw notGiven(status, file);
}

/** @throws Problem wrong-download: it is of another length */
function startOfWhole({ header }: WebAnswer, file: CatalogueFile): 0 {
  const length = header('content-length');
  if (length !== null && Number(length) !== file.fileBytes) throw wrongContent(file, `it has ${length} bytes`);
  return 0;
}

/**
 * @returns where the server goes on; NaN where it does not tell
 * @throws Problem wrong-download: the whole is of another length
 */
function startOfRest({ header }: WebAnswer, file: CatalogueFile): number {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== file.fileBytes) throw wrongContent(file, `it has ${total} bytes`);
  return Number(start);
}

/** An answer that brings nothing to keep. */
function notGiven(status: number, file: CatalogueFile): Problem {
  const name = `${file.name} (${new URL(file.url).hostname}, status ${status})`;
  if (status === 206 || status === 416) return new Problem('not-downloaded', sentence('download.notContinued', { name }));
  if (status >= 500 || status === 408 || status === 429) {
    return new Problem('not-downloaded', sentence('download.notNow', { name }), { advice: sentence('download.notNow.advice') });
  }
  return new Problem('wrong-download', sentence('download.notGiven', { name }), { detail: file.url });
}

interface Storing {
  readonly part: string;
  readonly start: number;
  readonly onBytes: (bytes: number) => void;
}

async function store(content: AsyncIterable<Uint8Array>, file: CatalogueFile, { part, start, onBytes }: Storing): Promise<void> {
  const out = await open(part, start === 0 ? 'w' : 'r+');
  try {
    let bytes = start;
    for await (const chunk of content) {
      if (bytes + chunk.length > file.fileBytes) throw wrongContent(file, 'there is more of it');
      await out.write(chunk, 0, chunk.length, bytes);
      bytes += chunk.length;
      onBytes(bytes);
    }
    if (bytes < file.fileBytes) throw new Problem('not-downloaded', sentence('download.lost'), { detail: file.url });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw diskFull(part, error);
    throw error;
  } finally {
    await out.close();
  }
}

const diskFull = (path: string, cause: unknown): Problem =>
  new Problem('not-enough-disk', sentence('download.diskFull', { name: basename(path) }), {
    advice: sentence('download.diskFull.advice'),
    cause,
  });

const wrongContent = ({ name, url, fileBytes, sha256 }: CatalogueFile, how = 'its sha256 is another'): Problem =>
  new Problem('wrong-download', sentence('download.otherFile', { name }), {
    detail: `${url}: ${how}; expected ${fileBytes} bytes, sha256 ${sha256}`,
  });

async function isPromised(path: string, { fileBytes, sha256 }: CatalogueFile): Promise<boolean> {
  if ((await sizeOf(path)) !== fileBytes) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === sha256;
}

/** 0 where there is none. */
const sizeOf = async (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** What the server calls the state of the file that the first bytes came from. */
const tagFile = (part: string): string => `${part}.etag`;
const readTag = async (part: string): Promise<string | null> => readFile(tagFile(part), 'utf8').catch(() => null);
const discardTag = async (part: string): Promise<void> => rm(tagFile(part), { force: true });

/** A weak one does not tell bytes apart. */
async function writeTag(part: string, tag: string | null): Promise<void> {
  if (tag === null || tag.startsWith('W/')) await discardTag(part);
  else await writeFile(tagFile(part), tag);
}

async function discard(part: string): Promise<void> {
  await Promise.all([rm(part, { force: true }), discardTag(part)]);
}
