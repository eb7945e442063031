import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...words: string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** At which address a program in the place of that number reaches this computer. */
export const addressFrom = (index: number): string => `10.${200 + (process.pid % 50)}.${index}.1`;

/**
 * A network of its own for programs of this computer, with one cable to it (network_namespaces(7)): a cut is one that neither end is
 * told of. Their processes have numbers of their own too, which begin anew, and a folder lies where they want it to.
 */
export class NetworkPlace {
  readonly #name: string;
  readonly #cable: string;
  #mend: NodeJS.Timeout | undefined;

  constructor(index: number) {
    this.#name = `onestep-${process.pid}-${index}`;
    this.#cable = `os${process.pid}x${index}`;
    const near = addressFrom(index);
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name);
    ip('addr', 'add', `${near}/30`, 'dev', this.#cable);
    ip('link', 'set', this.#cable, 'up');
    ip('-n', this.#name, 'addr', 'add', `${near.replace(/1$/, '2')}/30`, 'dev', 'eth0');
    ip('-n', this.#name, 'link', 'set', 'eth0', 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** The words that run a program there, with what lies at `from` at `to`, an empty folder, as well. */
  words(from: string, to: string, program: readonly string[]): [string, ...string[]] {
    const inside = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c'];
    const line = 'mount -t proc proc /proc && mount --bind "$0" "$1" && shift && exec "$@"';
    return ['ip', 'netns', 'exec', this.#name, ...inside, line, from, to, ...program];
  }

  cut(seconds: number): void {
    clearTimeout(this.#mend);
    ip('link', 'set', this.#cable, 'down');
    this.#mend = setTimeout(() => {
      ip('link', 'set', this.#cable, 'up');
    }, seconds * 1000);
  }

  close(): void {
    clearTimeout(this.#mend);
    // Its cable goes with it.
    spawnSync('ip', ['netns', 'del', this.#name]);
  }
}

/** Whether there can be one: on Linux, for root. */
export function canMakePlaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    const place = new NetworkPlace(254);
    place.close();
    return spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
  } catch {
    spawnSync('ip', ['netns', 'del', `onestep-${process.pid}-254`]);
    return false;
  }
}
