import { protocol } from 'electron';
import { Readable } from 'node:stream';
import type { BroughtFiles } from '../app/dropped-files.ts';
import type { PageAnswer, PageRequest } from '../app/page-answers.ts';

/** The page and its pixels have one origin, as in the browser door: the interface knows relative addresses only. */
const scheme = 'app';
const host = 'onestep';
export const pageAddress = `${scheme}://${host}/`;

/** Whether an address is of our own page's origin. */
export function isOwnAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === `${scheme}:` && url.host === host;
}

/** To be called before Electron is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

export function answerScheme(answer: (request: PageRequest) => Promise<PageAnswer>, brought: BroughtFiles): void {
  protocol.handle(scheme, async ({ method, url, signal, body: content }) => {
    if (!isOwnAddress(url)) return new Response(null, { status: 404 });
    const { pathname, search } = new URL(url);
    const receive = brought.receiverOf(method, pathname + search);
    if (receive !== null && content !== null) {
      const { status, text } = await receive(Readable.fromWeb(content));
      return new Response(text, { status });
    }
    const { status, headers, body } = await answer({ method, address: pathname + search, signal });
    return new Response(body, { status, headers });
  });
}
