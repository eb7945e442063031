/** `npm start`: prepares the clone if needed and opens the app; until the window exists, shows the command line's help. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { prepare, root, runProgram } from './prepare.mjs';

await runProgram(() => {
  prepare();
  console.log('The window is not there yet; the command line is. Run it as: npm run onestep -- <command>\n');
  process.exitCode = spawnSync(process.execPath, [join(root, 'out', 'cli.js'), '--help'], { stdio: 'inherit' }).status ?? 1;
});
