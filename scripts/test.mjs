/**
 * `npm test`: installs what is missing, builds, runs every check and every test, and ends with `N passed, N failed, N skipped`.
 * With `CI=true` an end-to-end test that was skipped for want of a program has failed; with `npm test -- --training` the training
 * kit's tests have failed where training/.venv is missing.
 */
import process from 'node:process';
import { runChecks } from './checks.mjs';
import { PrepareError, preparePackages } from './prepare.mjs';
import { runPytest, runVitest } from './run-tests.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { noSkips, tellTallies } from './tally.mjs';

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
  return [await runChecks(), runVitest([]), runPytest(process.argv.includes('--training'))];
}

tellTallies(await everything());
