/**
 * `npm test`: installs what is missing, builds, runs every check and every test, and ends with `N passed, N failed`.
 * With `npm test -- --training` it is a failure if the training kit's tests cannot run.
 */
import process from 'node:process';
import { runChecks } from './checks.mjs';
import { PrepareError, preparePackages } from './prepare.mjs';
import { runPytest, runVitest } from './run-tests.mjs';

/** @returns {import('./checks.mjs').Tally[]} */
function everything() {
  try {
    preparePackages();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    console.error(error.message);
    return [{ passed: 0, failed: 1 }];
  }
  return [runChecks(), runVitest([]), runPytest(process.argv.includes('--training'))];
}

const tallies = everything();
const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
