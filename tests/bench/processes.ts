import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ImportOutcome } from '../../src/shared/engine-protocol.ts';
import type { JsonEvent } from '../../src/shared/json-events.ts';

const cli = join(import.meta.dirname, '..', '..', 'out', 'cli.js');

/** Resident bytes of `root` and all its descendants now. */
function residentBytes(root: number): number {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' }).trim().split('\n');
  const processes = rows.map((row) => row.trim().split(/\s+/).map(Number) as [pid: number, parent: number, kibibytes: number]);
  const family = new Set([root]);
  // Children are listed after their parents except when process ids wrapped: repeat until nothing is added.
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const [pid, parent] of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.reduce((sum, [pid, , kibibytes]) => sum + (family.has(pid) ? kibibytes * 1024 : 0), 0);
}

export interface Run {
  readonly wallSeconds: number;
  readonly peakBytes: number;
  /** With the time since the command was started. */
  readonly events: readonly (JsonEvent & { readonly seconds: number })[];
}

/**
 * Runs the command line with `--json` and watches it. `peakBytes` is the largest sum of resident memory over the command
 * and its engine process (shared pages counted twice), sampled every 50 ms; on Windows it is not measured (NaN).
 */
export async function runCommand(args: readonly string[], { memory = false } = {}): Promise<Run> {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, 'enhance', '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const peak = memory ? peakOf(child) : null;
  const events: Run['events'][number][] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) events.push({ seconds: (performance.now() - started) / 1000, ...(JSON.parse(line) as JsonEvent) });
  });
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0)
    throw new Error(`onestep enhance ${args.join(' ')} ended with ${String(status)}:\n${JSON.stringify(events.at(-1), null, 2)}`);
  return { wallSeconds: (performance.now() - started) / 1000, peakBytes: peak?.bytes ?? Number.NaN, events };
}

/** The largest sum of resident memory over a process and its descendants so far; NaN on Windows. */
function peakOf(child: ChildProcess): { readonly bytes: number } {
  const peak = { bytes: process.platform === 'win32' ? Number.NaN : 0 };
  if (Number.isNaN(peak.bytes)) return peak;
  const sampler = setInterval(() => {
    peak.bytes = Math.max(peak.bytes, residentBytes(child.pid ?? 0));
  }, 50);
  child.on('close', () => {
    clearInterval(sampler);
  });
  return peak;
}

export interface Cost extends Pick<Run, 'wallSeconds' | 'peakBytes'> {
  /** That all cores together have worked for it. */
  readonly computingSeconds: number;
}

/** What a command of the command line costs. By a shell of POSIX, which tells the time of computing of what it ran. */
export async function costOf(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Cost> {
  const started = performance.now();
  const child = spawn('sh', ['-c', '"$@"; status=$?; times >&2; exit $status', 'sh', process.execPath, cli, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const peak = peakOf(child);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) throw new Error(`onestep ${args.join(' ')} ended with ${String(status)}:\n${told}`);
  // The last line is of the children: of the user, then of the system.
  const times = [...(told.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const computingSeconds = times.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
  return { wallSeconds: (performance.now() - started) / 1000, computingSeconds, peakBytes: peak.bytes };
}

/** Imports a model file with the command line into `modelsFolder`, and answers what became of it (see `ImportOutcome`). */
export function importModel(file: string, modelsFolder: string): ImportOutcome {
  const env = { ...process.env, ONESTEP_MODELS: modelsFolder };
  const said = execFileSync(process.execPath, [cli, 'models', 'import', file, '--json'], { encoding: 'utf8', env });
  const [outcome] = JSON.parse(said) as [ImportOutcome];
  return outcome;
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
