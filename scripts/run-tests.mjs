/** Runs Vitest and the training kit's pytest and counts what they report. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { readJson, root } from './prepare.mjs';
import { noSkips } from './tally.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */
/** @typedef {import('./tally.mjs').Lack} Lack */
/** @typedef {{ status: string, meta?: { lacks?: Lack } }} TestResult */
/** @typedef {{ name: string, status: string, assertionResults: TestResult[] }} TestFile */
/** @typedef {{ numPassedTests: number, numFailedTests: number, testResults: TestFile[] }} VitestReport */

/** @param {string} name an empty place for a report @returns {string} */
function reportPath(name) {
  const folder = join(root, 'reports');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  rmSync(path, { force: true });
  return path;
}

const isEndToEnd = (/** @type {TestFile} */ { name }) => name.replaceAll('\\', '/').includes('/tests/e2e/');
const unexplained = { lack: 'no reason given', mend: null };

/**
 * Counts Vitest's JSON report. A file that failed without a failed test in it (it did not load, or a hook threw) counts as one
 * failure, and so does a run that failed although every test passed (an unhandled rejection).
 * @param {VitestReport} report
 * @param {boolean} succeeded the exit status was 0
 * @param {boolean} strict whether an end-to-end test that is skipped for want of what a command would bring has failed
 * @returns {Tally}
 */
export function tallyVitest(report, succeeded, strict = process.env.CI === 'true') {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const skips = report.testResults
    .filter((file) => !brokenFiles.includes(file))
    .flatMap((file) =>
      file.assertionResults
        .filter(({ status }) => status !== 'passed' && status !== 'failed')
        .map(({ meta }) => ({ lacks: meta?.lacks ?? unexplained, endToEnd: isEndToEnd(file) })),
    );
  const missed = skips.filter(({ lacks, endToEnd }) => strict && endToEnd && lacks.mend !== null).length;
  const failed = report.numFailedTests + brokenFiles.length + missed;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped: skips.length - missed,
    lacks: skips.map(({ lacks }) => lacks),
  };
}

/**
 * @param {string} program
 * @param {string[]} parameters
 * @param {string} folder
 * @param {number} priority as `os.setPriority` has it
 * @returns {Promise<boolean>} whether it ended with 0
 */
async function succeeds(program, parameters, folder, priority = constants.priority.PRIORITY_NORMAL) {
  const child = spawn(program, parameters, { cwd: folder, stdio: 'inherit' });
  if (child.pid !== undefined) setPriority(child.pid, priority);
  await once(child, 'close');
  return child.exitCode === 0;
}

/**
 * @param {string} name of its report
 * @param {string[]} filters folders of tests, or options that choose them
 * @returns {Promise<Tally>}
 */
export async function runVitest(name, filters) {
  const path = reportPath(`${name}.json`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const parameters = ['run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const succeeded = await succeeds(process.execPath, [vitest, ...parameters], root);
  if (!existsSync(path)) return { passed: 0, failed: 1, ...noSkips };
  return tallyVitest(/** @type {VitestReport} */ (readJson(path)), succeeded);
}

/** @type {(text: string) => string} */
const unescaped = (text) => text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

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
  const skipped = count('skipped');
  return {
    passed: count('tests') - failed - skipped,
    failed: failed === 0 && !succeeded ? 1 : failed,
    skipped,
    lacks: [...xml.matchAll(/<skipped [^>]*message="([^"]*)"/g)].map(([, message = '']) => ({ lack: unescaped(message), mend: null })),
  };
}

/** The training kit's own Python, where `npm run setup:training` has made it; otherwise null. */
export function trainingPython() {
  const path = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const python = join(root, 'training', '.venv', ...path);
  return existsSync(python) ? python : null;
}

/** How many test functions the training kit has; those with several sets of parameters count once. */
function trainingTests() {
  const folder = join(root, 'training', 'tests');
  const files = readdirSync(folder).filter((name) => /^test_.*\.py$/.test(name));
  return files.reduce((sum, name) => sum + (readFileSync(join(folder, name), 'utf8').match(/^ *def test_/gm)?.length ?? 0), 0);
}

/**
 * Behind everything else: it takes what processors are left.
 * @param {boolean} required whether a missing training/.venv is a failure
 * @returns {Promise<Tally>}
 */
export async function runPytest(required) {
  const python = trainingPython();
  if (python === null) {
    const lacks = Array.from({ length: trainingTests() }, () => ({ lack: 'no training/.venv', mend: 'npm run setup:training' }));
    return required ? { passed: 0, failed: lacks.length, skipped: 0, lacks } : { passed: 0, failed: 0, skipped: lacks.length, lacks };
  }
  const path = reportPath('pytest.xml');
  const parameters = ['-m', 'pytest', '-q', `--junitxml=${path}`, 'tests'];
  const succeeded = await succeeds(python, parameters, join(root, 'training'), constants.priority.PRIORITY_LOW);
  if (!existsSync(path)) return { passed: 0, failed: 1, ...noSkips };
  return tallyPytest(readFileSync(path, 'utf8'), succeeded);
}
