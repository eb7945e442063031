/**
 * `npm test`: installs what is missing, builds, runs every check and every test, and ends with `N passed, N failed, N skipped`.
 * With `CI=true` an end-to-end test that was skipped for want of a program has failed; `npm test -- --training` makes training/.venv
 * beside the checks, and the training kit's tests have failed where that could not be made.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { runChecks } from './checks.mjs';
import { PrepareError, preparePackages, root } from './prepare.mjs';
import { runPytest, runVitest } from './run-tests.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { noSkips, tellTallies } from './tally.mjs';

/** What it says stands among the checks; that it failed is seen when the tests are to run. @returns {Promise<unknown>} */
const setUpTraining = () =>
  once(spawn(process.execPath, [join(root, 'scripts', 'setup-training.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] }), 'close');

/** @returns {Promise<import('./tally.mjs').Tally[]>} */
async function everything() {
  try {
    preparePackages();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    console.error(error.message);
    return [{ passed: 0, failed: 1, ...noSkips }];
  }
  installSystemPackages();
  const training = process.argv.includes('--training');
  // Of PyTorch, most is waiting for the network and the disk.
  const [checks] = await Promise.all([runChecks(), training ? setUpTraining() : null]);
  const parts = await runVitest('parts', ['--project', '!e2e']);
  // Those go one at a time, and leave processors to the training kit.
  return [checks, parts, ...(await Promise.all([runVitest('end-to-end', ['--project', 'e2e']), runPytest(training)]))];
}

tellTallies(await everything());
