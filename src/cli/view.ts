import type { JsonEvent } from '../shared/json-events.ts';
import { inEnglish } from '../shared/sentence.ts';

/** Something that shows what happens in a run. */
export interface View {
  show(event: JsonEvent): void;
  /** A line for people beside the events: "Cancelling…". */
  say(line: string): void;
}

/** Where text goes: standard output and standard error, or a test's memory. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Columns of the terminal behind standard error; null when there is none. */
  readonly columns: () => number | null;
}

/** Progress of one photo is told at most so often; the last word on each stage always is. */
const progressMilliseconds = 100;

/** One event per line, for programs. */
export class JsonView implements View {
  readonly #streams: Streams;
  #lastProgress = 0;
  #lastStage = '';

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  show(event: JsonEvent): void {
    if (event.event === 'progress') {
      const now = performance.now();
      const stage = `${event.index} ${event.stage}`;
      if (stage === this.#lastStage && now - this.#lastProgress < progressMilliseconds) return;
      this.#lastProgress = now;
      this.#lastStage = stage;
    }
    this.#streams.out(`${JSON.stringify(event, inEnglish)}\n`);
  }

  say(line: string): void {
    this.#streams.error(`${line}\n`);
  }
}
