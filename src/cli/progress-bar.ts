import type { JsonEvent } from '../shared/json-events.ts';
import type { Streams } from './view.ts';
import { nameInWords, secondsInWords, speedInWords } from './words.ts';

const barCells = 24;
const redrawMilliseconds = 80;
/** Back to the start of the line, and erase it. */
const eraseLine = '\r\u001b[2K';

/** One line at the bottom of the terminal that is drawn over itself; nothing where there is no terminal. */
export class ProgressBar {
  readonly #streams: Streams;
  #shown = false;
  #lastDrawn = Number.NEGATIVE_INFINITY;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  show(progress: Extract<JsonEvent, { event: 'progress' }>, photos: number): void {
    const columns = this.#streams.columns();
    const now = performance.now();
    if (columns === null || now - this.#lastDrawn < redrawMilliseconds) return;
    this.#lastDrawn = now;
    this.#shown = true;
    this.#streams.error(eraseLine + progressLine(progress, photos, columns - 1));
  }

  clear(): void {
    if (this.#shown) this.#streams.error(eraseLine);
    this.#shown = false;
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
  }
}

/** The line's text, at most `columns` characters. */
export function progressLine(progress: Extract<JsonEvent, { event: 'progress' }>, photos: number, columns: number): string {
  const { batchFraction, fraction, index, source, stage, pixelsPerSecond, secondsLeft, batchSecondsLeft } = progress;
  const overall = photos > 1 ? batchFraction : fraction;
  const filled = Math.round(overall * barCells);
  const parts = [
    `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)} ${String(Math.floor(overall * 100)).padStart(3)} %`,
    photos > 1
      ? `${String(index + 1)}/${String(photos)} ${nameInWords(source)} ${String(Math.floor(fraction * 100))} %`
      : nameInWords(source),
    stage === 'enhance'
      ? pixelsPerSecond > 0
        ? speedInWords(pixelsPerSecond)
        : 'preparing'
      : { decode: 'reading', encode: 'writing', verify: 'verifying' }[stage],
  ];
  const left = photos > 1 ? batchSecondsLeft : secondsLeft;
  if (left !== null) parts.push(`${secondsInWords(left)} left`);
  return Array.from(parts.join('  ')).slice(0, Math.max(0, columns)).join('');
}
