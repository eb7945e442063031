import { buildIfStale, PrepareError } from '../../scripts/prepare.mjs';

/**
 * Tests that start the programs find the build of the very sources they are run against. A failed build leaves no programs
 * behind: the tests that start them fail, the others still tell what they know.
 */
export default function setup(): void {
  try {
    buildIfStale();
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error;
    console.error(error.message);
  }
}
