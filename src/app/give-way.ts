import { constants, setPriority } from 'node:os';

/**
 * Lets a process run behind those that somebody is waiting for. Best at once after its start: on Linux a priority belongs to a
 * thread, and threads hand it on to those that they start.
 */
export function giveWay(processId: number | null): void {
  if (processId === null) return;
  try {
    setPriority(processId, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not allow it: then it runs as others do.
  }
}
