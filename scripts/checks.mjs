/** The checks that are not tests, in one table, and how to run them. Each is a program of node_modules or a script of ours. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { buildIfStale, PrepareError, root } from './prepare.mjs';
import { noSkips } from './tally.mjs';

/** @typedef {{ name: string, program: string, parameters: string[], mend?: string }} Check */

/**
 * Those that take longest come first. `typescript-native` is TypeScript 7, four times as fast; svelte-check and typescript-eslint still
 * need 6, which is written in JavaScript.
 * @type {Check[]}
 */
const checks = [
  { name: 'types, Node side', program: 'node_modules/typescript-native/bin/tsc', parameters: ['--noEmit'] },
  {
    name: 'types and markup, browser side',
    program: 'node_modules/svelte-check/bin/svelte-check',
    parameters: ['--tsconfig', 'tsconfig.web.json', '--fail-on-warnings', '--output', 'human'],
  },
  {
    name: 'types, tests of the interface',
    program: 'node_modules/typescript-native/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/unit/renderer/tsconfig.json'],
  },
  {
    name: 'types, end-to-end tests',
    program: 'node_modules/typescript-native/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/e2e/tsconfig.json'],
  },
  {
    name: 'types, pages of the stand-in',
    program: 'node_modules/typescript-native/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/support/electron-standin/page/tsconfig.json'],
  },
  { name: 'lint', program: 'node_modules/eslint/bin/eslint.js', parameters: ['.', '--max-warnings', '0'] },
  { name: 'lint, what asks for types', program: 'node_modules/oxlint/bin/oxlint', parameters: ['--type-aware', '--deny-warnings'] },
  {
    name: 'format',
    program: 'node_modules/prettier/bin/prettier.cjs',
    parameters: ['--check', '--log-level', 'warn', '.'],
    mend: 'npm run format',
  },
  {
    name: 'boundaries',
    program: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    parameters: ['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', 'src', 'scripts', 'tests'],
  },
  { name: 'dead code', program: 'node_modules/knip/bin/knip.js', parameters: ['--no-progress'] },
  { name: 'notices fresh', program: 'scripts/notices.mjs', parameters: ['--check'], mend: 'npm run notices' },
  { name: 'manifest schema fresh', program: 'scripts/manifest-schema.mjs', parameters: ['--check'], mend: 'npm run schema' },
  {
    name: 'installer actions fresh',
    program: 'scripts/desktop-actions.mjs',
    parameters: ['--check'],
    mend: 'node scripts/desktop-actions.mjs',
  },
  {
    name: 'ONNX messages fresh',
    program: 'scripts/onnx-schema.mjs',
    parameters: ['--check'],
    mend: 'node scripts/onnx-schema.mjs',
  },
];

/** @returns {boolean} whether the programs are there and fresh */
function builds() {
  try {
    buildIfStale();
    return true;
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    return false;
  }
}

/**
 * Runs one, says how it ended, and where it failed what it said.
 * @param {Check} check
 * @returns {Promise<boolean>} whether it passed
 */
function passes({ name, program, parameters, mend }) {
  const start = performance.now();
  const limits = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, program), ...parameters], limits, (error, stdout, stderr) => {
      const ended = `${error === null ? 'passed' : 'FAILED'}  ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`;
      const mending = mend === undefined ? '' : `; \`${mend}\` mends it`;
      console.log(error === null ? ended : `${ended}${mending}\n${stdout}${stderr}`);
      resolve(error === null);
    });
  });
}

/**
 * Builds, then runs every check, two at a time where there are two cores, and prints one line for each; the output of those that
 * failed stands below.
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runChecks() {
  const built = builds();
  console.log(built ? 'passed  build' : 'FAILED  build; what is wrong stands above');
  const results = [built];
  const waiting = [...checks];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) results.push(await passes(check));
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed, ...noSkips };
}
