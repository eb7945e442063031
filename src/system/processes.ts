import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hostMark, type TemporaryMaker } from '../shared/temporary-names.ts';

/**
 * Whether a process of this computer runs, as far as it can be known: what another one has left is removed only where it surely does not.
 * One that has ended but was not yet fetched by its parent (Linux: state Z) does not.
 */
export function isAlive(processId: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  return process.platform !== 'linux' || !isZombie(processId);
}

/** proc_pid_stat(5): the state follows the name, which stands in parentheses and may hold some. */
function isZombie(processId: number): boolean {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** The namespace of processes that every Linux computer begins with. */
const firstNamespace = 'pid:[4026531836]';

/** How other systems tell which computer this is: what asks them, and what of the answer is the id. */
const asked: Partial<Record<NodeJS.Platform, readonly [string, readonly string[], RegExp]>> = {
  darwin: ['/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], /"IOPlatformUUID" = "([^"]+)"/],
  win32: ['reg', ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'], /MachineGuid\s+REG_SZ\s+(\S+)/],
};

/**
 * Stands for whoever numbers the processes of this program: the computer, or the container that it runs in. Not its name: two may have
 * the same one, and one is given another.
 */
function computerId(): string {
  const question = asked[process.platform];
  try {
    if (question !== undefined) {
      const [program, words, pattern] = question;
      const answer = execFileSync(program, words, { encoding: 'latin1', windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] });
      return pattern.exec(answer)?.[1] ?? hostname();
    }
    const namespace = readlinkSync('/proc/self/ns/pid');
    if (namespace === firstNamespace) return readFileSync('/etc/machine-id', 'latin1').trim();
    // Namespaces are told apart until the computer is started again.
    return `${namespace} ${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`;
  } catch {
    return hostname();
  }
}

let mark: string | null = null;

/** What stands for this computer or container in names of temporary files and in locks. Asked for once: some systems take their time. */
export const ownMark = (): string => (mark ??= hostMark(computerId()));

/** This process, in names of temporary files. */
export const thisMaker: TemporaryMaker = {
  get host() {
    return ownMark();
  },
  processId: process.pid,
};
