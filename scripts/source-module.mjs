/** Loads a file of src, which is TypeScript, into a program of plain JavaScript. */
import { join } from 'node:path';
import { runnerImport } from 'vite';
import { root } from './prepare.mjs';

/**
 * @param {string} path from the root of the clone; `programs.test.ts` sees to it that it is there
 * @returns {Promise<unknown>} what it exports
 */
export async function sourceModule(path) {
  /** @type {{ module: unknown }} */
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
}
