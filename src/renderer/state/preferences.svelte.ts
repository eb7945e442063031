import type { AppCalls } from '../../shared/contract.ts';
import { defaultSettings, type Settings } from '../../shared/settings.ts';

/** So long a slider may move before the application hears of it. */
const tellAfterMs = 150;

/** The settings. A change shows at once; the application is told shortly after, and its word is the last. */
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

  /** Tells now what is not told yet: before something is done that depends on it. */
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
