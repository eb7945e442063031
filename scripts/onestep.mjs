/** `npm run onestep -- …`: prepares the clone if needed, then runs the command line in this process. */
import process from 'node:process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root, runProgram } from './prepare.mjs';

await runProgram(async () => {
  prepare();
  // npm starts scripts in the package's folder; paths are meant relative to where the person stands.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.setSourceMapsEnabled(true);
  const program = join(root, 'out', 'cli.js');
  process.argv[1] = program;
  await import(pathToFileURL(program).href);
});
