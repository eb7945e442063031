import type { AppCalls } from '../../shared/contract.ts';
import type { DeviceReport, ModelSummary } from '../../shared/engine-protocol.ts';

/** What is installed, and what it runs on here once that was asked for. */
export class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  devices = $state.raw<readonly DeviceReport[] | null>(null);
  measuring = $state(false);
  readonly #calls: AppCalls;

  constructor(calls: AppCalls) {
    this.#calls = calls;
  }

  async begin(): Promise<void> {
    this.list = await this.#calls.models();
  }

  /** Takes seconds where it was not measured before. */
  async measure(): Promise<void> {
    if (this.measuring) return;
    this.measuring = true;
    try {
      this.devices = await this.#calls.devices();
    } finally {
      this.measuring = false;
    }
  }

  /** A model's name; its id where it is not installed (any more). */
  nameOf(id: string): string {
    return this.list.find((model) => model.id === id)?.name ?? id;
  }

  /** What a model, or with `auto` the first that takes the option, does where the option is not set. */
  defaultOf(model: string, option: string): number | null {
    const found = this.list.find(({ id, options }) => (model === 'auto' || id === model) && options.includes(option));
    return found?.defaults[option] ?? null;
  }

  /** Whether a model, or with `auto` any, takes an option. */
  takes(model: string, option: string): boolean {
    return this.list.some(({ id, options, problem }) => (model === 'auto' ? problem === null : id === model) && options.includes(option));
  }
}
