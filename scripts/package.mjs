/**
 * `npm run package -- …`: builds, puts the Node for the engine where electron-builder.yml expects it, and packages. What follows
 * `--` goes to electron-builder: `--linux dir`, `--win`, `-c.electronDist=…`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { prepare, PrepareError, root, runProgram } from './prepare.mjs';

/** A distribution's Node that needs its libnode would not run elsewhere; such a one is small. */
const smallestNodeBytes = 40 * 1024 * 1024;

function stageNode() {
  if (statSync(process.execPath).size < smallestNodeBytes) {
    throw new PrepareError('This Node is not one that runs by itself. Package with one from https://nodejs.org.');
  }
  const staged = join(root, 'out', 'node');
  copyFileSync(process.execPath, staged);
  chmodSync(staged, 0o755);
}

await runProgram(() => {
  prepare();
  stageNode();
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const { status } = spawnSync(process.execPath, [builder, '--publish', 'never', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
});
