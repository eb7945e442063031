import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { JsonEvent, Totals } from '../shared/json-events.ts';
import { Problem } from '../shared/problem.ts';

type Outcome = Extract<JsonEvent, { event: 'done' | 'skipped' | 'failed' | 'plan' | 'left-out' }>;

/** Collects what became of each photo and writes it as JSON, or as CSV where the file is called `.csv`. */
export class ReportFile {
  readonly #path: string;
  readonly #dryRun: boolean;
  readonly #outcomes: Outcome[] = [];
  #totals: Totals | null = null;

  private constructor(path: string, dryRun: boolean) {
    this.#path = path;
    this.#dryRun = dryRun;
  }

  /**
   * Creates the file right away: a run of many hours must not end with a report that cannot be written.
   * @throws Problem bad-request for another extension, not-writable
   */
  static async create(path: string, dryRun: boolean): Promise<ReportFile> {
    if (!['.json', '.csv'].includes(extname(path).toLowerCase())) {
      throw new Problem('bad-request', 'A report is a .json or a .csv file.', {
        advice: 'Give --report a name that ends in .json or .csv.',
      });
    }
    const report = new ReportFile(path, dryRun);
    await report.write();
    return report;
  }

  show(event: JsonEvent): void {
    if (event.event === 'end') this.#totals = event.totals;
    if (event.event === 'done' || event.event === 'skipped' || event.event === 'failed' || event.event === 'left-out')
      this.#outcomes.push(event);
    if (event.event === 'plan' && this.#dryRun && event.skip === null) this.#outcomes.push(event);
  }

  async write(): Promise<void> {
    const text = extname(this.#path).toLowerCase() === '.csv' ? csv(this.#outcomes) : this.#json();
    await writeFile(this.#path, text).catch((error: unknown) => {
      throw new Problem('not-writable', `The report cannot be written to ${this.#path}.`, {
        detail: String(error),
        advice: 'Choose another place for --report.',
      });
    });
  }

  #json(): string {
    const photos = this.#outcomes
      .filter((outcome) => outcome.event !== 'left-out')
      .map(({ event, ...rest }) => ({ status: event === 'plan' ? 'planned' : event, ...rest }));
    const leftOut = this.#outcomes.filter((outcome) => outcome.event === 'left-out').map(({ event: _, ...rest }) => rest);
    return `${JSON.stringify({ dryRun: this.#dryRun, totals: this.#totals, photos, leftOut }, null, 2)}\n`;
  }
}

const csvColumns = [
  'source',
  'status',
  'output',
  'source_width',
  'source_height',
  'width',
  'height',
  'bytes',
  'seconds',
  'provider',
  'reason',
];

/** RFC 4180: comma, CRLF, quotes where needed and doubled inside. */
export function csv(outcomes: readonly Outcome[]): string {
  const cell = (value: string | number): string =>
    /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  return [csvColumns, ...outcomes.map(csvRow)].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function csvRow(outcome: Outcome): (string | number)[] {
  const blanks = (count: number): string[] => Array.from({ length: count }, () => '');
  switch (outcome.event) {
    case 'done': {
      const { output, sourceWidth, sourceHeight, width, height, fileBytes, seconds, provider } = outcome.report;
      return [
        outcome.source,
        'done',
        output ?? '',
        sourceWidth,
        sourceHeight,
        width,
        height,
        fileBytes,
        seconds.total.toFixed(2),
        provider,
        '',
      ];
    }
    case 'plan': {
      const { output, sourceWidth, sourceHeight, width, height, estimatedBytes, estimatedSeconds } = outcome;
      const seconds = estimatedSeconds?.toFixed(2) ?? '';
      return [outcome.source, 'planned', output, sourceWidth, sourceHeight, width, height, estimatedBytes, seconds, '', outcome.rule];
    }
    case 'skipped':
      return [outcome.source, 'skipped', outcome.output ?? '', ...blanks(7), outcome.reason];
    case 'failed':
      return [outcome.source, 'failed', '', ...blanks(7), `${outcome.problem.message} ${outcome.problem.advice}`];
    case 'left-out':
      return [outcome.path, 'left-out', '', ...blanks(7), outcome.message];
  }
}
