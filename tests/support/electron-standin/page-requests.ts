import type { Session as PageSession } from './chromium.ts';
import { preventable } from './recorded.ts';
import { fromReal, privileged } from './schemes.ts';
import { defaultSession } from './session.ts';
import type { WebContents } from './web-contents.ts';

/** What Chromium tells of a request that it holds back. */
export interface HeldRequest {
  readonly requestId: string;
  readonly resourceType: string;
  readonly frameId: string;
  readonly redirectedRequestId?: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly hasPostData?: boolean;
    readonly postData?: string;
    readonly postDataEntries?: { readonly bytes?: string }[];
  };
}

type Outcome = { readonly go: true } | { readonly fail: 'Failed' | 'Aborted' | 'BlockedByClient' } | { readonly answer: Response };

/** Every request of a page: `will-navigate`, then `webRequest`, then the handlers of custom schemes. */
export async function answerRequest(contents: WebContents, page: PageSession, held: HeldRequest): Promise<void> {
  const requestId = held.requestId;
  try {
    const outcome = await decide(contents, held);
    if ('go' in outcome) await page.send('Fetch.continueRequest', { requestId });
    else if ('fail' in outcome) await page.send('Fetch.failRequest', { requestId, errorReason: outcome.fail });
    else {
      const { status, headers } = outcome.answer;
      const body = Buffer.from(await outcome.answer.arrayBuffer()).toString('base64');
      const responseHeaders = [...headers].map(([name, value]) => ({ name, value }));
      await page.send('Fetch.fulfillRequest', { requestId, responseCode: status, responseHeaders, body });
    }
  } catch (error) {
    // A page that has gone meanwhile does not wait for its pictures.
    if (!contents.isDestroyed() && process.env.STANDIN_LOG !== undefined) console.error('[stand-in]', error);
  }
}

async function decide(contents: WebContents, held: HeldRequest): Promise<Outcome> {
  const url = fromReal(held.request.url);
  if (held.resourceType === 'Document' && !contents._isExpected(held)) {
    const event = preventable({ url, isMainFrame: true, isSameDocument: false, frame: contents.mainFrame });
    contents.emit('will-navigate', event, url);
    if (event.defaultPrevented) return { fail: 'Aborted' };
  }
  if (await isCancelled(contents, held, url)) return { fail: 'BlockedByClient' };
  const scheme = url.slice(0, url.indexOf(':'));
  const handler = defaultSession.protocol._handlers.get(scheme);
  if (handler === undefined) return privileged.has(scheme) ? { fail: 'Failed' } : { go: true };
  try {
    const answer: unknown = await handler(new Request(url, requestInit(held)));
    if (!(answer instanceof Response)) throw new TypeError('A protocol handler answers with a Response.');
    return answer.type === 'error' ? { fail: 'Failed' } : { answer };
  } catch (error) {
    console.error(error);
    return { fail: 'Failed' };
  }
}

function requestInit({ request }: HeldRequest): RequestInit {
  const { method, headers, hasPostData, postData, postDataEntries = [] } = request;
  if (hasPostData !== true) return { method, headers };
  const whole = postDataEntries.length > 0 && postDataEntries.every(({ bytes }) => bytes !== undefined);
  return {
    method,
    headers,
    body: whole ? Buffer.concat(postDataEntries.map(({ bytes = '' }) => Buffer.from(bytes, 'base64'))) : (postData ?? ''),
  };
}

async function isCancelled(contents: WebContents, { request, resourceType }: HeldRequest, url: string): Promise<boolean> {
  const listener = defaultSession._beforeRequest;
  if (listener === null) return false;
  const details = { id: 1, url, method: request.method, resourceType: resourceType.toLowerCase(), webContentsId: contents.id };
  return new Promise((resolve) => {
    listener(details, ({ cancel }) => resolve(cancel === true));
  });
}
