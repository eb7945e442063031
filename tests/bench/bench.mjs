/**
 * `npm run bench`: what the engine costs on this machine, as ratios within one run. `npm run bench -- view` and `… library` measure
 * looking at photos and a large library instead, `… library-scroll` the same library in a browser's window, `… runner` what a list of
 * jobs costs besides the jobs, `… promises` how well times are promised, `… times COMMIT` what a person waits for, here and there, `… metrics` what measuring results takes, `… metadata` what metadata takes,
 * `… fleet` what the queue of a fleet costs, `… quantise` what 8 bits of an imported model gain and cost, `… ncnn FOLDER` the same models in ncnn, and `… full-size-diffusion` converts and runs Stable Diffusion
 * of random weights. With `quick` each does the least that shows something. They print tables; nothing is asserted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';

const root = join(import.meta.dirname, '..', '..');
if (!existsSync(join(root, 'out', 'cli.js'))) throw new Error('Build first: npm run build');

const others = [
  'view',
  'library',
  'library-scroll',
  'runner',
  'promises',
  'times',
  'metrics',
  'metadata',
  'fleet',
  'quantise',
  'ncnn',
  'full-size-diffusion',
];
const chosen = others.find((name) => process.argv.includes(name)) ?? 'engine';
const file = ['ts', 'mjs'].map((end) => join(import.meta.dirname, `${chosen}.${end}`)).find((path) => existsSync(path));
await runnerImport(file, { root, configFile: false, logLevel: 'warn' });
