import { InvalidArgumentError, Option, type Command } from 'commander';
import { options as optionTable } from '../shared/options.ts';
import type { AddFlags, FleetFlags, WorkerFlags } from './fleet-actions.ts';
import { addOptionFlags } from './option-flags.ts';
import type { Act, Shell } from './shell.ts';

const help = `
Examples:
  onestep fleet init /mnt/nas --name nas                             once: the folder that all computers see
  onestep fleet add /mnt/nas/2019 --map nas=/mnt/nas --scale 4       adds its photos to the queue
  onestep worker --map nas=Z:\\                                       on each computer, wherever it sees the folder
  onestep fleet status

The queue is a Redis, Valkey or PostgreSQL server: --queue rediss://server:6380, or ONESTEP_QUEUE. Its user name and password go into
ONESTEP_QUEUE_USER and ONESTEP_QUEUE_PASSWORD, or the password into a file that ONESTEP_QUEUE_PASSWORD_FILE names. How to set one up: docs/user/fleet.md.`;

/** What does the work is loaded when it is asked for: who has one computer never loads it. */
const actions = () => import('./fleet-actions.ts');
type Actions = Awaited<ReturnType<typeof actions>>;

/** `fleet`: shared folders, adding photos to the queue, and what is done with the queue. */
export function addFleetCommand(program: Command, act: Act): void {
  const fleet = program.command('fleet').description('Enhance one folder with many computers.').addHelpText('after', help);
  fleet
    .command('init')
    .description('Share a folder with a fleet.')
    .argument('<folder>')
    .requiredOption('--name <name>', 'what all computers call it')
    .action((folder: string, { name }: { name: string }) => act(async (shell) => (await actions()).initRoot(folder, name, shell))());

  const adding = withQueue(fleet.command('add'))
    .description('Add the photos of a folder to the queue. Run it again to add what is missing.')
    .argument('<folder>', 'in a shared folder')
    .option('--verify', 'also read finished results, and add the photos whose results are damaged');
  const readOptions = addOptionFlags(adding);
  adding.action((folder: string, flags: AddFlags) => {
    const options = readOptions(adding.opts());
    return act(async (shell) => (await actions()).addToFleet(folder, options, flags, shell))();
  });

  const add = (
    words: string,
    description: string,
    run: (actions: Actions, shell: Shell, flags: FleetFlags, given: readonly string[]) => Promise<number>,
  ) => {
    const command = withQueue(fleet.command(words)).description(description);
    command.action(() => {
      const given = command.processedArgs.flat().filter((word): word is string => typeof word === 'string');
      return act(async (shell) => run(await actions(), shell, command.opts<FleetFlags>(), given))();
    });
  };
  add('status', 'Show what is waiting, who is working on what, and how long it will take.', ({ tellStatus }, shell, flags) =>
    tellStatus(flags, shell),
  );
  add('pause', 'Start no more photos.', ({ pauseFleet }, shell, flags) => pauseFleet(true, flags, shell));
  add('resume', 'Continue after a pause.', ({ pauseFleet }, shell, flags) => pauseFleet(false, flags, shell));
  add('drain <computer>', 'Pause one computer when its photo is done.', ({ drainMachine }, shell, flags, [computer = '']) =>
    drainMachine(computer, true, flags, shell),
  );
  add('undrain <computer>', 'Let a paused computer work again.', ({ drainMachine }, shell, flags, [computer = '']) =>
    drainMachine(computer, false, flags, shell),
  );
  add('cancel [batch]', 'Cancel a batch, or everything.', ({ cancelPhotos }, shell, flags, [batch]) =>
    cancelPhotos(batch ?? null, flags, shell),
  );
  add('failed', 'List the photos that failed, and why.', ({ listFailed }, shell, flags) => listFailed(flags, shell));
  add('retry [ids...]', 'Put failed photos back into the queue.', ({ retryFailed }, shell, flags, ids) => retryFailed(ids, flags, shell));
}

/** `worker`: this computer as one of a fleet. */
export function addWorkerCommand(program: Command, act: Act): void {
  const command = withQueue(program.command('worker'))
    .description('Enhance photos for a fleet until told to stop. The current photo is finished first.')
    .option('--jobs <count>', 'photos at a time: one for each graphics card', countOf, 1)
    .option('--name <name>', 'what others call this computer (default: its own name)');
  for (const name of ['provider', 'tile'] as const) {
    for (const { flag, hint } of optionTable[name].flags) command.addOption(new Option(flag, hint));
  }
  command.action((flags: WorkerFlags) => act(async (shell) => (await actions()).work(flags, shell))());
}

function withQueue(command: Command): Command {
  return command
    .option('--queue <address>', 'the server of the queue (default: ONESTEP_QUEUE)')
    .option('--map <name=folder>', 'where a shared folder is on this computer; may be given for several', mapOf)
    .option('--json', 'print JSON');
}

function mapOf(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, folder] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || folder === undefined) throw new InvalidArgumentError('Possible: a name and a folder such as nas=/mnt/nas.');
  return { ...before, [name]: folder };
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Possible: a whole number from 1 to 64.');
}
