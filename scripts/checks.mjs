/** The checks that are not tests, in one table, and how to run them. Each is a program of node_modules or a script of ours. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { buildIfStale, PrepareError, root } from './prepare.mjs';

/** @typedef {{ passed: number, failed: number }} Tally */

/** @type {{ name: string, program: string, parameters: string[], mend?: string }[]} */
const checks = [
  { name: 'types, Node side', program: 'node_modules/typescript/bin/tsc', parameters: ['--noEmit'] },
  {
    name: 'types and markup, browser side',
    program: 'node_modules/svelte-check/bin/svelte-check',
    parameters: ['--tsconfig', 'tsconfig.web.json', '--fail-on-warnings', '--output', 'human'],
  },
  {
    name: 'types, tests of the interface',
    program: 'node_modules/typescript/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/unit/renderer/tsconfig.json'],
  },
  {
    name: 'types, end-to-end tests',
    program: 'node_modules/typescript/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/e2e/tsconfig.json'],
  },
  {
    name: 'types, pages of the stand-in',
    program: 'node_modules/typescript/bin/tsc',
    parameters: ['--noEmit', '-p', 'tests/support/electron-standin/page/tsconfig.json'],
  },
  { name: 'lint', program: 'node_modules/eslint/bin/eslint.js', parameters: ['.', '--max-warnings', '0'] },
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
 * Builds, then runs every check, also after one has failed, and prints one line for each; the output of those that failed stands below.
 * @returns {Tally}
 */
export function runChecks() {
  const built = builds();
  console.log(built ? 'passed  build' : 'FAILED  build; what is wrong stands above');
  const tally = { passed: built ? 1 : 0, failed: built ? 0 : 1 };
  for (const { name, program, parameters, mend } of checks) {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...parameters], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (status === 0) {
      tally.passed += 1;
      console.log(`passed  ${name} (${seconds} s)`);
    } else {
      tally.failed += 1;
      console.log(`FAILED  ${name} (${seconds} s)${mend === undefined ? '' : `; \`${mend}\` mends it`}\n${stdout}${stderr}`);
    }
  }
  return tally;
}
