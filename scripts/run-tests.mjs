/** Runs Vitest and the training kit's pytest and counts what they report. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { readJson, root } from './prepare.mjs';

/** @typedef {import('./checks.mjs').Tally} Tally */
/** @typedef {{ status: string, assertionResults: { status: string }[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: TestFile[] }} VitestReport */

/** @param {string} name an empty place for a report @returns {string} */
function reportPath(name) {
  const folder = join(root, 'reports');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  rmSync(path, { force: true });
  return path;
}

/**
 * Counts Vitest's JSON report. A file that failed without a failed test in it (it did not load, or a hook threw) counts as one
 * failure, and so does a run that failed although every test passed (an unhandled rejection).
 * @param {VitestReport} report
 * @param {boolean} succeeded the exit status was 0
 * @returns {Tally}
 */
export function tallyVitest(report, succeeded) {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return { passed: report.numPassedTests, failed: failed === 0 && !succeeded ? 1 : failed };
}

/**
 * @param {string[]} filters folders of tests; none means all
 * @returns {Tally}
 */
export function runVitest(filters) {
  const path = reportPath('vitest.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const parameters = ['run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const { status } = spawnSync(process.execPath, [vitest, ...parameters], { cwd: root, stdio: 'inherit' });
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  return tallyVitest(/** @type {VitestReport} */ (readJson(path)), status === 0);
}

/**
 * Counts pytest's JUnit report; an error while collecting counts as a failure.
 * @param {string} xml
 * @param {boolean} succeeded the exit status was 0
 * @returns {Tally}
 */
export function tallyPytest(xml, succeeded) {
  const [suite = ''] = /<testsuite [^>]*>/.exec(xml) ?? [];
  /** @param {string} name */
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  return { passed: count('tests') - failed - count('skipped'), failed: failed === 0 && !succeeded ? 1 : failed };
}

/** The training kit's own Python, where `npm run setup:training` has made it; otherwise null. */
export function trainingPython() {
  const path = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const python = join(root, 'training', '.venv', ...path);
  return existsSync(python) ? python : null;
}

/**
 * @param {boolean} required whether a missing training/.venv is a failure
 * @returns {Tally}
 */
export function runPytest(required) {
  const python = trainingPython();
  if (python === null) {
    console.log('Training tests: not run, for training/.venv is not there; `npm run setup:training` makes it.');
    return { passed: 0, failed: required ? 1 : 0 };
  }
  const path = reportPath('pytest.xml');
  const { status } = spawnSync(python, ['-m', 'pytest', '-q', `--junitxml=${path}`, 'tests'], {
    cwd: join(root, 'training'),
    stdio: 'inherit',
  });
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  return tallyPytest(readFileSync(path, 'utf8'), status === 0);
}
