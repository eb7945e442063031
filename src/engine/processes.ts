import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hostMark, type TemporaryMaker } from '../shared/temporary-names.ts';

/** Whether a process of this computer may still be running: what another one has left is removed only where it surely is not. */
export function isAlive(processId: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The namespace of processes that every Linux computer begins with. */
const firstNamespace = 'pid:[4026531836]';

/**
 * Stands for whoever numbers the processes of this program: the computer, or the container that it runs in. A name is not enough, for
 * containers and copied installations share it.
 */
function computerName(): string {
  try {
    const namespace = readlinkSync('/proc/self/ns/pid');
    if (namespace === firstNamespace) return `${hostname()} ${readFileSync('/etc/machine-id', 'latin1').trim()}`;
    // Namespaces are told apart until the computer is started again.
    return `${namespace} ${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`;
  } catch {
    return hostname();
  }
}

/** What stands for this computer or container in names of temporary files. */
const ownMark = hostMark(computerName());

/** This process, in names of temporary files. */
export const thisMaker: TemporaryMaker = { host: ownMark, processId: process.pid };
