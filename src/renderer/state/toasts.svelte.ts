import { problemOf, type ProblemData } from '../../shared/problem.ts';
import { Disconnected } from '../client.ts';

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toast {
  readonly id: number;
  readonly kind: 'plain' | 'good' | 'problem';
  readonly text: string;
  readonly problem: ProblemData | null;
  readonly actions: readonly ToastAction[];
}

const mostAtOnce = 4;

/** Short messages. A problem stays until it is dismissed; the others go by themselves. */
export class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #given = 0;

  tell(text: string, kind: 'plain' | 'good' = 'plain', ...actions: readonly ToastAction[]): void {
    this.#show({ kind, text, problem: null, actions });
  }

  /** A call that failed because the connection was lost is not shown: the banner says so already. */
  tellFailure(error: unknown): void {
    if (error instanceof Disconnected) return;
    const problem = problemOf(error).toData();
    if (problem.code !== 'cancelled') this.#show({ kind: 'problem', text: problem.message, problem, actions: [] });
  }

  /** Another page is looked at: what went wrong on the one before is no news there. */
  left(): void {
    this.shown = this.shown.filter(({ kind }) => kind !== 'problem');
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  #show(toast: Omit<Toast, 'id'>): void {
    this.#given += 1;
    const others = this.shown.filter(({ kind, text }) => kind !== toast.kind || text !== toast.text);
    this.shown = [...others, { ...toast, id: this.#given }].slice(-mostAtOnce);
  }
}
