/** How generated files are written and how `--check` finds them stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './prepare.mjs';

/**
 * Writes `content`, or with `--check` on the command line only compares and sets exit code 1 when the file differs.
 * @param {string} name path inside the clone
 * @param {string} content
 */
export function writeOrCheck(name, content) {
  const path = join(root, name);
  const fresh = existsSync(path) && readFileSync(path, 'utf8') === content;
  if (fresh) return;
  if (process.argv.includes('--check')) {
    console.error(`${name} is not what its source would generate.`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, content);
    console.log(`Wrote ${name}.`);
  }
}
