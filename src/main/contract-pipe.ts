import type { IpcMainEvent, WebContents } from 'electron';
import { serveInterface, type Application, type ServedInterface } from '../app/application.ts';
import { contractChannel, contractOpened } from '../shared/desktop-bridge.ts';
import { isOwnAddress } from './page-scheme.ts';

/** Whether a message comes from our own page itself, and not from a frame inside it or another page. */
const isOwnPage = ({ sender, senderFrame }: IpcMainEvent): boolean =>
  senderFrame !== null && senderFrame === sender.mainFrame && isOwnAddress(senderFrame.url);

/** Serves the contract to the page in a window, and again to every page that is loaded there after it. */
export class ContractPipe {
  #served: ServedInterface | null = null;
  #tellOpened: () => void = () => undefined;
  /** Resolves when a page listens for the first time. */
  readonly opened = new Promise<void>((resolve) => {
    this.#tellOpened = resolve;
  });

  constructor(application: Application, contents: WebContents) {
    const receivers = new Set<(message: unknown) => void>();
    contents.ipc.on(contractChannel, (event, message: unknown) => {
      if (isOwnPage(event)) for (const receive of receivers) receive(message);
    });
    contents.ipc.on(contractOpened, (event) => {
      if (!isOwnPage(event)) return;
      this.#end();
      receivers.clear();
      const channel = {
        post: (message: unknown) => {
          if (!contents.isDestroyed()) contents.send(contractChannel, message);
        },
        on: (receive: (message: unknown) => void) => receivers.add(receive),
      };
      this.#served = serveInterface(application, channel, () => {
        receivers.clear();
      });
      this.#tellOpened();
    });
    contents.once('destroyed', () => {
      this.#end();
    });
  }

  /** Tells the page in this window alone; null while there is none. */
  get tell(): ServedInterface['tell'] | null {
    return this.#served?.tell ?? null;
  }

  #end(): void {
    this.#served?.end();
    this.#served = null;
  }
}
