/** `npm run test:e2e`: the application in its doors, driven as a person would; screenshots lie in reports/screenshots afterwards. */
import process from 'node:process';
import { preparePackages, runProgram } from './prepare.mjs';
import { runVitest } from './run-tests.mjs';
import { tellTallies } from './tally.mjs';

await runProgram(async () => {
  preparePackages();
  tellTallies([await runVitest('end-to-end', ['--project', 'e2e', ...process.argv.slice(2)])]);
});
