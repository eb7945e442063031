/** `npm run check`: build, types, lint, format, boundaries, dead code, unit and contract tests, in that order. */
import process from 'node:process';
import { runChecks } from './checks.mjs';
import { preparePackages, runProgram } from './prepare.mjs';
import { runVitest } from './run-tests.mjs';

await runProgram(() => {
  preparePackages();
  const failed = [runChecks(), runVitest(['tests/unit', 'tests/contract'])].reduce((sum, tally) => sum + tally.failed, 0);
  if (failed > 0) process.exitCode = 1;
});
