import type { AppCalls } from '../../shared/contract.ts';
import { defaultSettings, type Settings } from '../../shared/settings.ts';

/** The settings. A change shows at once and is told to the application, whose word is the last. */
export class Preferences {
  current = $state.raw<Settings>(defaultSettings);
  readonly #calls: AppCalls;
  readonly #onFailure: (error: unknown) => void;

  constructor(calls: AppCalls, onFailure: (error: unknown) => void) {
    this.#calls = calls;
    this.#onFailure = onFailure;
  }

  changed(settings: Settings): void {
    this.current = settings;
  }

  change(patch: Partial<Settings>): void {
    this.current = { ...this.current, ...patch };
    this.#calls.changeSettings(patch).catch(this.#onFailure);
  }
}
