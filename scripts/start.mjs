/**
 * `npm start`: prepares the clone if needed and opens the window; where there can be none, says why and opens the interface in
 * a browser instead. What follows `--` are photos and folders to open.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { findElectron } from './electron-binary.mjs';
import { prepare, root, runBuilt, runProgram } from './prepare.mjs';

/**
 * @param {string} binary
 * @returns {Promise<number>} the exit status
 */
async function openWindow(binary) {
  // The engine runs in a plain Node process: the one that runs this.
  const env = { ...process.env, ONESTEP_NODE: process.execPath, ELECTRON_RUN_AS_NODE: undefined };
  const child = spawn(binary, [root, ...process.argv.slice(2)], { cwd: process.env.INIT_CWD ?? process.cwd(), env, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

await runProgram(async () => {
  prepare();
  const found = await findElectron();
  if ('binary' in found) {
    process.exitCode = await openWindow(found.binary);
    return;
  }
  console.error(`No window: ${found.obstacle}. Opening the interface in a browser instead.`);
  await runBuilt('web.js');
});
