import type { JsonEvent } from '../shared/json-events.ts';
import type { Streams } from './view.ts';
import { nameInWords, secondsInWords, speedInWords } from './words.ts';

const barCells = 24;
const redrawMilliseconds = 80;
/** Back to the start of the line, and erase it. */
export const eraseLine = '\r\u001b[2K';

/** One line at the bottom of the terminal that is drawn over itself; nothing where there is no terminal. */
export class ProgressBar {
  readonly #streams: Streams;
  #shown = false;
  #lastDrawn = Number.NEGATIVE_INFINITY;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  show(progress: Extract<JsonEvent, { event: 'progress' }>, photos: number): void {
    // Before the first tile there are few words, and each may stand for long.
    if (progress.pixelsPerSecond === 0) this.#lastDrawn = Number.NEGATIVE_INFINITY;
    this.draw(progressLine(progress, photos));
  }

  /** Shows as much of a line as there is room for, unless it comes soon after another. */
  draw(line: string): void {
    const columns = this.#streams.columns();
    const now = performance.now();
    if (columns === null || now - this.#lastDrawn < redrawMilliseconds) return;
    this.#lastDrawn = now;
    this.#shown = true;
    const shown = Array.from(line).slice(0, Math.max(0, columns - 1));
    this.#streams.error(eraseLine + shown.join(''));
  }

  clear(): void {
    if (this.#shown) this.#streams.error(eraseLine);
    this.#shown = false;
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
  }
}

/** A bar of fixed length, and percent. */
export function bar(fraction: number): string {
  const filled = Math.round(fraction * barCells);
  return `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)} ${Math.floor(fraction * 100)
    .toString()
    .padStart(3)} %`;
}

/** What of the first tile is computed, before a speed is known: for minutes, where models are large. */
const tileStageWords = { encoder: 'reading a tile', unet: 'adding detail', decoder: 'drawing the tile' } as const;

function enhancing({ face, tileStage, pixelsPerSecond }: Extract<JsonEvent, { event: 'progress' }>): string {
  if (face !== undefined) return `restoring face ${face.number} of ${face.count}`;
  if (pixelsPerSecond > 0) return speedInWords(pixelsPerSecond);
  return tileStage === undefined ? 'preparing' : tileStageWords[tileStage];
}

function progressLine(progress: Extract<JsonEvent, { event: 'progress' }>, photos: number): string {
  const { batchFraction, fraction, index, source, stage, secondsLeft, batchSecondsLeft } = progress;
  const parts = [
    bar(photos > 1 ? batchFraction : fraction),
    photos > 1 ? `${index + 1}/${photos} ${nameInWords(source)} ${Math.floor(fraction * 100)} %` : nameInWords(source),
    stage === 'enhance' ? enhancing(progress) : { decode: 'reading', encode: 'writing', verify: 'verifying' }[stage],
  ];
  const left = photos > 1 ? batchSecondsLeft : secondsLeft;
  if (left !== null) parts.push(`${secondsInWords(left)} left`);
  return parts.join('  ');
}
