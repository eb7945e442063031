import type { Evaluation } from '../../shared/evaluation.ts';
import type { PhotoRegister } from '../photos/photo-register.ts';
import type { Engine } from '../supervised-engine.ts';

interface EvaluationsOptions {
  readonly engine: Pick<Engine['evaluation'], 'measure'>;
  readonly register: Pick<PhotoRegister, 'readable'>;
  readonly metricsFolder: string;
  readonly onProgress: (result: number, fraction: number) => void;
}

/** Measures the result that somebody looks at. Asked for another one, it gives up the one before. */
export class Evaluations {
  readonly #options: EvaluationsOptions;
  #current = new AbortController();

  constructor(options: EvaluationsOptions) {
    this.#options = options;
  }

  /**
   * @param reference a file of the person's choice
   * @throws Problem as the register and the engine do; cancelled
   */
  async measure(photo: number, result: number, reference: string | null): Promise<Evaluation> {
    const { engine, register, metricsFolder, onProgress } = this.#options;
    this.cancel();
    const { signal } = this.#current;
    const request = {
      source: await register.readable(photo),
      result: await register.readable(result),
      reference,
      metricsFolder,
    };
    return engine.measure(request, {
      signal,
      onProgress: (fraction) => onProgress(result, fraction),
    });
  }

  cancel(): void {
    this.#current.abort();
    this.#current = new AbortController();
  }
}
