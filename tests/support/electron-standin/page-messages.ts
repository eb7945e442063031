import type { Session as PageSession } from './chromium.ts';
import { ipcMain } from './ipc.ts';
import { decode, encode } from './node-codec.ts';
import { hub, type MessagePortMain, type PortOwner } from './ports.ts';
import { fromReal } from './schemes.ts';
import type { WebContents } from './web-contents.ts';

interface IpcEvent {
  readonly type: 'frame';
  readonly sender: WebContents;
  readonly senderFrame: WebContents['mainFrame'];
  readonly ports: readonly MessagePortMain[];
  reply(channel: string, ...words: unknown[]): void;
  returnValue?: unknown;
}

/** What a page says to the main process, and its ends of channels. */
export class PageMessages {
  readonly #contents: WebContents;
  /** Provisional numbers of ports that the page gives away → the end that is received here. */
  readonly #given = new Map<number, number>();
  readonly owner: PortOwner;

  constructor(contents: WebContents) {
    this.#contents = contents;
    this.owner = {
      deliver: (id, content, ports) => {
        for (const port of ports) hub.moveTo(port, this.owner);
        contents._tell('port', id, encode(content), ports);
      },
      close: (id) => contents._tell('close', id),
    };
  }

  receive(message: readonly unknown[]): void {
    const [kind, ...words] = message;
    switch (kind) {
      case 'send': {
        const [channel, text, ports] = words as [string, string, number[]];
        this.#emit(channel, this.#event(ports.map((port) => hub.take(this.#end(port)))), decode(text) as unknown[]);
        break;
      }
      case 'invoke':
        void this.#invoke(...(words as [number, string, string]));
        break;
      case 'give': {
        const [provisional] = words as [number];
        const [pageEnd, ourEnd] = hub.pair();
        this.#given.set(provisional, ourEnd);
        hub.moveTo(pageEnd, this.owner);
        this.#contents._tell('given', provisional, pageEnd);
        break;
      }
      case 'post': {
        const [id, text, ports] = words as [number, string, number[]];
        hub.post(
          id,
          decode(text),
          ports.map((port) => this.#end(port)),
        );
        break;
      }
      case 'close':
        hub.close(words[0] as number);
        break;
      case 'window-open': {
        const [url, frameName, features] = words as [string, string, string];
        this.#contents._askForWindow({ url: fromReal(url), frameName, features });
        break;
      }
      case 'preload-error':
        this.#contents._preloadFailed(new Error(String(words[0])));
    }
  }

  /** Answers a question for which the page has stopped: `sendSync`, or where a file lies. */
  async answerStopped(page: PageSession, callFrameId: string): Promise<void> {
    const evaluate = async (expression: string, returnByValue = true): Promise<{ readonly value?: unknown; readonly objectId?: string }> =>
      (await page.send('Debugger.evaluateOnCallFrame', { callFrameId, expression, returnByValue })).result;
    try {
      const { value } = await evaluate('({ kind: question.kind, channel: question.channel, words: question.words })');
      const { kind, channel = '', words = '' } = value as { kind: string; channel?: string; words?: string };
      const answer =
        kind === 'path' ? await pathOf(page, (await evaluate('question.file', false)).objectId) : await this.#askSync(channel, words);
      await evaluate(`void (question.result = ${JSON.stringify(answer)})`);
    } catch (error) {
      await evaluate(`void (question.error = ${JSON.stringify(error instanceof Error ? error.message : String(error))})`).catch(
        () => undefined,
      );
    }
  }

  #askSync(channel: string, text: string): Promise<string> {
    return new Promise((resolve) => {
      const event = this.#event();
      Object.defineProperty(event, 'returnValue', {
        set: (value: unknown) => resolve(encode(value)),
      });
      this.#emit(channel, event, decode(text) as unknown[]);
      if (ipcMain.listenerCount(channel) + this.#contents.ipc.listenerCount(channel) === 0) resolve(encode(undefined));
    });
  }

  async #invoke(call: number, channel: string, text: string): Promise<void> {
    const handler = this.#contents.ipc._handlers.get(channel) ?? ipcMain._handlers.get(channel);
    try {
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      const result = await handler(this.#event(), ...(decode(text) as unknown[]));
      this.#contents._tell('reply', call, true, encode(result));
    } catch (error) {
      console.error(`Error occurred in handler for '${channel}':`, error);
      this.#contents._tell('reply', call, false, String(error));
    }
  }

  #event(ports: readonly MessagePortMain[] = []): IpcEvent {
    const contents = this.#contents;
    return {
      type: 'frame',
      sender: contents,
      senderFrame: contents.mainFrame,
      ports,
      reply: (channel, ...words) => contents.send(channel, ...words),
    };
  }

  #emit(channel: string, event: IpcEvent, words: readonly unknown[]): void {
    this.#contents.emit('ipc-message', event, channel, ...words);
    this.#contents.ipc.emit(channel, event, ...words);
    ipcMain.emit(channel, event, ...words);
  }

  #end(provisional: number): number {
    const end = this.#given.get(provisional);
    if (end === undefined) throw new Error('[stand-in] a port that nobody gave');
    return end;
  }
}

async function pathOf(page: PageSession, objectId: string | undefined): Promise<string> {
  if (objectId === undefined) return '';
  const { path } = await page.send('DOM.getFileInfo', { objectId });
  return path;
}
