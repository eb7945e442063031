import type { BrowserWindow } from 'electron';
import type { Application } from '../app/application.ts';
import type { Place } from '../shared/contract.ts';
import { ContractPipe } from './contract-pipe.ts';
import { openWindow } from './window.ts';

type Opening = Omit<Parameters<typeof openWindow>[0], 'minimised'>;

/** The window with the page in it: at most one, closed and opened again as often as a person likes. */
export class PageWindow {
  readonly #opening: Opening;
  #application: Application | null = null;
  #open: { readonly window: BrowserWindow; readonly pipe: ContractPipe } | null = null;

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  /** What the page shows; before that no window opens. */
  serve(application: Application): void {
    this.#application = application;
  }

  /** Null while it is closed. */
  get window(): BrowserWindow | null {
    return this.#open?.window ?? null;
  }

  /** Brings the window to the front, and back where it was closed. */
  show(): void {
    const { window } = this;
    if (window === null) {
      this.#openNew(false);
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  showPlace(place: Place): void {
    this.show();
    this.#navigate(place);
  }

  /** Is there without being in the way: a minimised window for the progress, unless there is a window. */
  stayAside(): void {
    if (this.window !== null) return;
    this.#openNew(true);
    this.#navigate('queue');
  }

  /** Does something when the page listens: one that does not yet would not be told. */
  whenOpened(task: () => unknown): void {
    this.#open?.pipe.opened.then(task).catch(console.error);
  }

  /** Resolves when the page listens; at once while there is none. */
  async opened(): Promise<void> {
    await this.#open?.pipe.opened;
  }

  #navigate(place: Place): void {
    this.whenOpened(() => this.#open?.pipe.tell?.navigate(place));
  }

  #openNew(minimised: boolean): void {
    if (this.#application === null) return;
    const window = openWindow({ ...this.#opening, minimised });
    this.#open = { window, pipe: new ContractPipe(this.#application, window.webContents) };
    window.once('closed', () => {
      this.#open = null;
    });
  }
}
