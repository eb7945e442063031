/** `npm run onestep -- …`: prepares the clone if needed, then runs the command line in this process. */
import { prepare, runBuilt, runProgram } from './prepare.mjs';

await runProgram(async () => {
  prepare();
  await runBuilt('cli.js');
});
