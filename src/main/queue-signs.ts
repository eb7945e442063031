import { BrowserWindow, Notification, powerSaveBlocker } from 'electron';
import type { QueueState } from '../shared/queue.ts';
import type { Speaker } from '../shared/sentence.ts';
import type { Settings } from '../shared/settings.ts';

interface Desk {
  readonly window: () => BrowserWindow | null;
  readonly speaker: () => Speaker;
  readonly showQueue: () => void;
}

const works = ({ activity }: QueueState): boolean => activity === 'running' || activity === 'pausing';

/** What the desktop shows of the queue: progress in the taskbar or dock, no sleep while it runs, a notification at the end. */
export class QueueSigns {
  readonly #desk: Desk;
  #blocker: number | null = null;
  /** The counts when the queue began to run; null while it does not. */
  #begun: QueueState['counts'] | null = null;
  #last: Notification | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  update(state: QueueState, settings: Settings): void {
    this.#desk.window()?.setProgressBar(works(state) ? state.fraction : -1);
    this.#keepAwake(works(state) && settings.keepAwake);
    if (works(state)) this.#begun ??= state.counts;
    else this.#finish(state, settings);
  }

  #keepAwake(wanted: boolean): void {
    if (wanted) this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }

  #finish({ activity, counts }: QueueState, { notifyWhenDone }: Settings): void {
    const begun = this.#begun;
    this.#begun = null;
    if (begun === null || activity !== 'idle' || !notifyWhenDone) return;
    const since = (state: 'done' | 'skipped' | 'failed'): number => Math.max(0, counts[state] - begun[state]);
    const course = { done: since('done'), skipped: since('skipped'), failed: since('failed') };
    const { say } = this.#desk.speaker();
    this.tell(say('desktop.finished'), say('desktop.outcome', course));
  }

  /** Says something to whoever is not looking at the window; a click leads to the queue. */
  tell(title: string, body: string): void {
    if (BrowserWindow.getFocusedWindow() !== null || !Notification.isSupported()) return;
    const notification = new Notification({ title, body });
    notification.on('click', this.#desk.showQueue);
    notification.show();
    // One that nobody holds is collected, and its click with it.
    this.#last?.close();
    this.#last = notification;
  }
}
