import type { JsonEvent } from '../shared/json-events.ts';
import { TextView } from './text-view.ts';
import type { Streams, View } from './view.ts';
import { bytesInWords, photosInWords, printable, secondsInWords, sizeInWords, table } from './words.ts';

type PlanEvent = Extract<JsonEvent, { event: 'plan' }>;

/** What would be done, how long it would take and how large it would be, as a table; the rest as lines. */
export class DryRunView implements View {
  readonly #streams: Streams;
  readonly #lines: TextView;
  readonly #verbose: boolean;
  readonly #plans: PlanEvent[] = [];

  constructor(streams: Streams, verbose: boolean) {
    this.#streams = streams;
    this.#verbose = verbose;
    this.#lines = new TextView(streams, verbose);
  }

  show(event: JsonEvent): void {
    if (event.event === 'plan') {
      if (event.skip === null) this.#plans.push(event);
      return;
    }
    if (event.event === 'end') this.#print(event);
    else this.#lines.show(event);
  }

  say(line: string): void {
    this.#lines.say(line);
  }

  #print({ totals }: Extract<JsonEvent, { event: 'end' }>): void {
    const rows = this.#plans.map((plan) => [
      printable(plan.source),
      sizeInWords({ width: plan.sourceWidth, height: plan.sourceHeight }),
      sizeInWords(plan),
      plan.passes.map((pass) => pass.model ?? 'resampled').join(' + '),
      plan.estimatedSeconds === null ? '?' : `≈ ${secondsInWords(plan.estimatedSeconds)}`,
      `≈ ${bytesInWords(plan.estimatedBytes)}`,
      printable(plan.output),
    ]);
    const lines =
      rows.length === 0 ? [] : table([['photo', 'size', 'result', 'with', 'time', 'file', 'written to'], ...rows], [1, 2, 4, 5]);
    for (const [index, line] of lines.entries()) {
      this.#streams.out(`${line}\n`);
      const plan = this.#plans[index - 1];
      if (this.#verbose && plan !== undefined) this.#streams.out(`  ${plan.rule}\n`);
      for (const note of plan?.notes ?? []) this.#streams.out(`  ${note}\n`);
    }
    const times = this.#plans.map((plan) => plan.estimatedSeconds);
    const known = times.every((time) => time !== null);
    const time = known
      ? `about ${secondsInWords(times.reduce((sum, seconds) => sum + seconds, 0))}`
      : 'a time not known before a first run';
    const others = [
      ...(totals.skipped > 0 ? [`${totals.skipped} skipped`] : []),
      ...(totals.failed > 0 ? [`${totals.failed} refused`] : []),
    ];
    const rest = others.length > 0 ? ` (${others.join(', ')})` : '';
    this.#streams.out(`${photosInWords(totals.done)}${rest}, ${time}, about ${bytesInWords(totals.resultBytes)}. Nothing was written.\n`);
  }
}
