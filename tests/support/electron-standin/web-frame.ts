import type { MessagePortMain } from './ports.ts';
import type { WebContents } from './web-contents.ts';

/** What a page needs of the window around it. */
export interface PageWindow {
  getBounds(): { readonly width: number; readonly height: number };
  isFocused(): boolean;
  setTitle(title: string): void;
  emit(event: string, ...words: unknown[]): boolean;
  _pageGone(): void;
}

/** The one frame that is modelled: the page itself. */
export class WebFrameMain {
  readonly #contents: WebContents;
  readonly parent = null;
  readonly frames: readonly WebFrameMain[] = [];

  constructor(contents: WebContents) {
    this.#contents = contents;
  }

  get url(): string {
    return this.#contents.getURL();
  }

  get top(): this {
    return this;
  }

  isDestroyed(): boolean {
    return this.#contents.isDestroyed();
  }

  send(channel: string, ...words: unknown[]): void {
    this.#contents.send(channel, ...words);
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.#contents.postMessage(channel, message, transfer);
  }
}
