import { Command, CommanderError } from 'commander';
import { problemOf } from '../shared/problem.ts';
import { addEnhanceCommand } from './enhance-command.ts';
import { addEvaluateCommand } from './evaluate-command.ts';
import { addFleetCommand, addWorkerCommand } from './fleet-command.ts';
import { addListingCommands } from './listing-commands.ts';
import { addMetricsCommand } from './metrics-command.ts';
import { addModelsCommand } from './models-command.ts';
import { exitStatus, type Shell } from './shell.ts';
import { TextView } from './text-view.ts';

/** Runs the command line `words` (without program names) to its end and answers the exit status. */
export async function run(words: readonly string[], shell: Shell): Promise<number> {
  const { engine, streams, installation } = shell;
  const program = new Command('onestep')
    .description('Makes photographs larger and clearer, on your own computer.')
    .version(installation.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ helpWidth: streams.columns() ?? 100 })
    .configureOutput({ writeOut: streams.out, writeErr: streams.error })
    .showHelpAfterError('(onestep --help tells what there is.)')
    .exitOverride();
  let status: number = exitStatus.allDone;
  const act = (command: (shell: Shell) => Promise<number>) => async (): Promise<void> => {
    status = await command(shell);
  };
  addEnhanceCommand(program, act);
  addModelsCommand(program, act);
  addListingCommands(program, act);
  addEvaluateCommand(program, act);
  addMetricsCommand(program, act);
  addFleetCommand(program, act);
  addWorkerCommand(program, act);
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.allDone : exitStatus.badArguments;
    const problem = problemOf(error);
    const isBug = problem.code === 'internal-error';
    new TextView(streams, isBug || words.includes('--verbose')).fail('', problem.toData());
    return problem.code === 'bad-request' ? exitStatus.badArguments : exitStatus.nothingDone;
  } finally {
    await engine.close();
  }
}
