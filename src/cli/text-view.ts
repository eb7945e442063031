import type { JsonEvent } from '../shared/json-events.ts';
import type { ProblemData } from '../shared/problem.ts';
import { facesTold, spotInWords } from '../shared/faces.ts';
import { english } from '../shared/sentence.ts';
import { ProgressBar } from './progress-bar.ts';
import type { Streams, View } from './view.ts';
import { bytesInWords, nameInWords, photosInWords, printable, secondsInWords, sizeInWords } from './words.ts';

type Of<Name extends JsonEvent['event']> = Extract<JsonEvent, { event: Name }>;

/** Lines for people, with a progress bar below them where standard error is a terminal. Failures go to standard error. */
export class TextView implements View {
  readonly #streams: Streams;
  readonly #verbose: boolean;
  readonly #bar: ProgressBar;
  #photos = 0;

  constructor(streams: Streams, verbose: boolean) {
    this.#streams = streams;
    this.#verbose = verbose;
    this.#bar = new ProgressBar(streams);
  }

  show(event: JsonEvent): void {
    switch (event.event) {
      case 'start':
        this.#photos = event.photos;
        return;
      case 'left-out':
        this.say(`${printable(event.path)}: left out. ${event.message}`);
        return;
      case 'plan':
        this.#plan(event);
        return;
      case 'progress':
        this.#bar.show(event, this.#photos);
        return;
      case 'notice':
        this.#line(`  note: ${event.message}`);
        return;
      case 'done':
        this.#done(event);
        return;
      case 'skipped':
        this.#line(`${this.#place(event.index)} ${nameInWords(event.source)}: skipped. ${event.reason}`);
        return;
      case 'failed':
        this.fail(`${this.#place(event.index)} ${nameInWords(event.source)}: `, event.problem as ProblemData);
        return;
      case 'end':
        this.#end(event);
    }
  }

  say(line: string): void {
    this.#bar.clear();
    this.#streams.error(`${line}\n`);
  }

  /** A problem as a sentence and what can be done about it; its details only when asked for. */
  fail(before: string, { message, detail, advice }: ProblemData): void {
    this.#bar.clear();
    const details = this.#verbose && detail !== undefined ? `\n  ${detail.replaceAll('\n', '\n  ')}` : '';
    this.#streams.error(`${before}${message} ${advice}${details}\n`);
  }

  #plan(event: Of<'plan'>): void {
    if (event.skip !== null) return;
    const size = `${event.sourceWidth === event.width ? '' : `${sizeInWords({ width: event.sourceWidth, height: event.sourceHeight })} → `}${sizeInWords(event)}`;
    if (this.#verbose) this.#line(`${this.#place(event.index)} ${nameInWords(event.source)}: ${size}. ${event.rule}`);
    else if (this.#streams.columns() === null) this.#line(`${this.#place(event.index)} ${nameInWords(event.source)}: ${size} …`);
  }

  #done({ index, source, report }: Of<'done'>): void {
    const output = report.output ?? '';
    this.#line(
      `${this.#place(index)} ${nameInWords(source)} → ${nameInWords(output)}: ${sizeInWords(report)}, ` +
        `${bytesInWords(report.fileBytes)}, ${secondsInWords(report.seconds.total)}`,
    );
    if (report.faces !== undefined) this.#line(`  faces: ${english.tell(facesTold(report.faces))}`);
    for (const what of report.lost) this.#line(`  lost: ${what}`);
    if (!this.#verbose) return;
    for (const { x, y, outcome } of report.faces?.each ?? [])
      this.#line(`  face at ${spotInWords({ x, y })}: ${english.say(`compare.face.${outcome}`)}`);
    for (const what of report.converted) this.#line(`  converted: ${what}`);
    if (report.kept.length > 0) this.#line(`  kept: ${report.kept.join(', ')}`);
    const { decode, enhance, inference, encode } = report.seconds;
    this.#line(
      `  ${report.provider}, ${report.precision}; decoding ${secondsInWords(decode)}, enhancing ${secondsInWords(enhance)} ` +
        `(${secondsInWords(inference)} inference), writing ${secondsInWords(encode)}`,
    );
    this.#line(`  ${printable(output)}`);
  }

  #end({ totals }: Of<'end'>): void {
    this.#bar.clear();
    const { photos, done, skipped, failed, cancelled, seconds, resultBytes } = totals;
    if (photos === 1 && done === 1) return;
    const parts = [
      `${photosInWords(done)} done`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
    ];
    this.#line(`${parts.join(', ')}; ${bytesInWords(resultBytes)} in ${secondsInWords(seconds)}.`);
  }

  #place(index: number): string {
    return `[${index + 1}/${this.#photos}]`;
  }

  #line(text: string): void {
    this.#bar.clear();
    this.#streams.out(`${text}\n`);
  }
}
