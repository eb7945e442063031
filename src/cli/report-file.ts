import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { reportCsv, reportJson, type Outcome } from '../app/jobs/report.ts';
import type { JsonEvent, Totals } from '../shared/json-events.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';

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
      throw new Problem('bad-request', sentence('report.kind'), {
        advice: sentence('report.kind.advice'),
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
    const text =
      extname(this.#path).toLowerCase() === '.csv'
        ? reportCsv(this.#outcomes)
        : reportJson({ dryRun: this.#dryRun, totals: this.#totals, outcomes: this.#outcomes });
    await writeFile(this.#path, text).catch((error: unknown) => {
      throw new Problem('not-writable', sentence('report.notWrittenTo', { path: this.#path }), {
        detail: String(error),
        advice: sentence('report.notWritten.advice', { flag: '--report' }),
      });
    });
  }
}
