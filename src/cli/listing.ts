import type { Command } from 'commander';
import { exitStatus } from './exit-status.ts';
import type { Shell } from './shell.ts';

export type Act = (command: (shell: Shell) => Promise<number>) => () => Promise<void>;

export const isJson = (command: Command): boolean => command.optsWithGlobals<{ json?: boolean }>().json === true;

/** Prints what `read` gives, as text or, with --json, as one JSON value. */
export async function list<Item>(
  { streams }: Shell,
  command: Command,
  read: () => Promise<readonly Item[]>,
  describe: (items: readonly Item[]) => string[],
): Promise<number> {
  const items = await read();
  streams.out(isJson(command) ? `${JSON.stringify(items, null, 2)}\n` : `${describe(items).join('\n')}\n`);
  return exitStatus.allDone;
}
