/**
 * `npm run package -- …`: builds, puts what is not ours to build (the Node for the engine, Microsoft's runtime) where
 * electron-builder.yml expects it, and packages. What follows `--` goes to electron-builder: `--linux dir`, `--win`,
 * `-c.electronDist=…`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { packageTarget, stageNode, stageVisualRuntime } from './package-parts.mjs';
import { prepare, root, runProgram } from './prepare.mjs';

await runProgram(() => {
  const words = process.argv.slice(2);
  const target = packageTarget(words);
  prepare();
  stageNode(target);
  stageVisualRuntime(target);
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const { status } = spawnSync(process.execPath, [builder, '--publish', 'never', ...words], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
});
