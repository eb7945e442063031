/** `npm run check`: build, types, lint, format, boundaries, dead code, unit and contract tests, in that order. */
import { runChecks } from './checks.mjs';
import { preparePackages, runProgram } from './prepare.mjs';
import { runVitest } from './run-tests.mjs';
import { tellTallies } from './tally.mjs';

await runProgram(async () => {
  preparePackages();
  tellTallies([await runChecks(), await runVitest('vitest', ['tests/unit', 'tests/contract'])]);
});
