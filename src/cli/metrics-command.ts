import type { Command } from 'commander';
import { downloadBytes } from '../shared/catalogue.ts';
import { builtInMetrics } from '../shared/evaluation.ts';
import { exitStatus, isJson, type Act, type Shell } from './shell.ts';
import { bytesInWords, printable } from './words.ts';

/** `metrics`: what `evaluate` can measure, and `download`, the only part that uses the network. */
export function addMetricsCommand(program: Command, act: Act): void {
  const metrics = program
    .command('metrics')
    .description('List what can be measured, and download what metrics need.')
    .option('--json', 'print JSON')
    .option('--verbose', 'show more');
  metrics.action(() => act((shell) => list(shell, metrics))());
  metrics
    .command('download')
    .description('Download what a metric needs.')
    .argument('<id>')
    .action((id: string) => act((shell) => download(shell, id))());
}

async function list({ streams, openMetrics }: Shell, command: Command): Promise<number> {
  const files = await openMetrics();
  const entries = await files.list();
  if (isJson(command)) {
    streams.out(`${JSON.stringify({ folder: files.folder, metrics: Object.values(builtInMetrics), downloads: entries }, null, 2)}\n`);
    return exitStatus.allDone;
  }
  const own = Object.values(builtInMetrics).filter(({ id }) => id !== 'niqe-source');
  const lines = [
    ...own.map(({ label, unit, better }) => `${label}${unit === '' ? '' : ` (${unit})`}: ${better} is better`),
    ...entries.flatMap((entry) => [
      `${entry.id}  ${bytesInWords(downloadBytes(entry))}  ${entry.licence}  ${entry.installed ? 'is installed' : `can be downloaded: onestep metrics download ${entry.id}`}`,
      `  ${entry.name}: ${entry.summary}`,
      `  by ${entry.author}`,
    ]),
    `Learned metrics (docs/evaluating.md) are looked for in ${printable(files.folder)}`,
  ];
  streams.out(`${lines.join('\n')}\n`);
  return exitStatus.allDone;
}

async function download({ streams, openMetrics }: Shell, id: string): Promise<number> {
  const { name, licence } = await (await openMetrics()).download(id, new AbortController().signal);
  streams.out(`${name}  ${licence}  installed.\n`);
  return exitStatus.allDone;
}
