import type { AppCalls } from '../../shared/contract.ts';
import { defaultSettings, type Settings } from '../../shared/settings.ts';

/** How long a slider may move before the application is told. */
const tellAfterMs = 150;

/** The settings. A change shows at once; the application is told shortly after and has the last word. */
export class Preferences {
  #told = $state.raw<Settings>(defaultSettings);
  #untold = $state.raw<Partial<Settings>>({});
  readonly current: Settings = $derived({ ...this.#told, ...this.#untold });
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #calls: AppCalls;
  readonly #onFailure: (error: unknown) => void;

  constructor(calls: AppCalls, onFailure: (error: unknown) => void) {
    this.#calls = calls;
    this.#onFailure = onFailure;
  }

  changed(settings: Settings): void {
    this.#told = settings;
  }

  change(patch: Partial<Settings>): void {
    this.#untold = { ...this.#untold, ...patch };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.tell(), tellAfterMs);
  }

  /** Tells pending changes now, before something is done that depends on them. */
  async tell(): Promise<void> {
    clearTimeout(this.#timer);
    const patch = this.#untold;
    if (Object.keys(patch).length === 0) return;
    this.#told = { ...this.#told, ...patch };
    this.#untold = {};
    try {
      await this.#calls.settings.change(patch);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
