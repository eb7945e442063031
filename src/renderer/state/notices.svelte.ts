import { problemOf, type ProblemData } from '../../shared/problem.ts';
import { Disconnected } from '../client.ts';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Notice {
  readonly id: number;
  readonly kind: 'plain' | 'good' | 'problem';
  readonly text: string;
  readonly problem: ProblemData | null;
  readonly action: NoticeAction | null;
}

const mostAtOnce = 4;

/** What is told in passing. A problem stays until it is dismissed, anything else goes by itself. */
export class Notices {
  shown = $state.raw<readonly Notice[]>([]);
  #given = 0;

  tell(text: string, kind: 'plain' | 'good' = 'plain', action: NoticeAction | null = null): void {
    this.#show({ kind, text, problem: null, action });
  }

  /** A call that failed because nobody was there is not told: the banner says so already. */
  tellFailure(error: unknown): void {
    if (error instanceof Disconnected) return;
    const problem = problemOf(error).toData();
    if (problem.code !== 'cancelled') this.#show({ kind: 'problem', text: problem.message, problem, action: null });
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  }

  #show(notice: Omit<Notice, 'id'>): void {
    this.#given += 1;
    const others = this.shown.filter(({ kind, text }) => kind !== notice.kind || text !== notice.text);
    this.shown = [...others, { ...notice, id: this.#given }].slice(-mostAtOnce);
  }
}
