import type { Dispatcher } from 'undici';
import { cancelled, Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';

export interface WebRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** So long the server may say nothing. */
  readonly stallSeconds: number;
  /** Also takes http from this computer itself, for tests. */
  readonly allowLoopback: boolean;
}

export interface WebAnswer {
  readonly status: number;
  /** A header's value; null where there is none. */
  readonly header: (name: string) => string | null;
  readonly content: AsyncIterable<Uint8Array>;
}

const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Asks an https address, through the proxy that HTTPS_PROXY names unless NO_PROXY exempts it, follows redirects to other https
 * addresses, and gives the answer to `read`, after which the connection is closed.
 * @throws Problem not-downloaded: there is no connection, or it was lost; wrong-download: it leads out of https; cancelled
 */
export async function askWeb<Result>(request: WebRequest, read: (answer: WebAnswer) => Promise<Result>): Promise<Result> {
  // Half a megabyte of JavaScript, for what is seldom done.
  const { EnvHttpProxyAgent, request: send } = await import('undici');
  const { headers, signal, stallSeconds } = request;
  const stallMs = stallSeconds * 1000;
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: stallMs } });
  try {
    let url = allowedAddress(request.url, request);
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await send(url, { dispatcher, headers, signal, headersTimeout: stallMs, bodyTimeout: stallMs });
      const location = headerOf(answer.headers, 'location');
      if (!redirects.has(answer.statusCode) || location === null) {
        return await read({
          status: answer.statusCode,
          header: (name) => headerOf(answer.headers, name),
          content: answer.body as AsyncIterable<Uint8Array>,
        });
      }
      await answer.body.dump();
      url = allowedAddress(new URL(location, url).href, request);
    }
    throw new Problem('wrong-download', sentence('download.endless'), { detail: request.url });
  } catch (error) {
    if (signal.aborted) throw cancelled();
    if (error instanceof Problem || !isConnectionFailure(error)) throw error;
    throw new Problem('not-downloaded', failureWords(error), { detail: `${request.url}: ${error}`, cause: error });
  } finally {
    await dispatcher.destroy();
  }
}

/** @throws Problem wrong-download */
function allowedAddress(address: string, { allowLoopback }: WebRequest): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === 'https:') return url;
  if (allowLoopback && url?.protocol === 'http:' && url.hostname === '127.0.0.1') return url;
  throw new Problem('wrong-download', sentence('download.notEncrypted'), { detail: address });
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** Errors of sockets, of name look-up, of TLS and of undici carry a code; mistakes in this program do not. */
const isConnectionFailure = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';

const lookUpFailures = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);
const stalls = new Set(['UND_ERR_BODY_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);

function failureWords({ code = '' }: NodeJS.ErrnoException): Sentence {
  if (lookUpFailures.has(code)) return sentence('download.unreachable');
  return sentence(stalls.has(code) ? 'download.silent' : 'download.lost');
}
