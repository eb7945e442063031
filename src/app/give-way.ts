import { constants, setPriority } from 'node:os';

/** What gives way: `enhancing` to what somebody looks at, `measuring` to that and to enhancing. */
export type Background = 'enhancing' | 'measuring';

const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
const priorities = { enhancing: PRIORITY_BELOW_NORMAL, measuring: PRIORITY_LOW } as const;

/**
 * Lets a process run behind those that somebody is waiting for. Best at once after its start: on Linux a priority belongs to a
 * thread, and threads hand it on to those that they start.
 */
export function giveWay(processId: number | null, background: Background): void {
  if (processId === null) return;
  try {
    setPriority(processId, priorities[background]);
  } catch {
    // It has ended already, or the system does not allow it: then it runs as others do.
  }
}
