import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { rememberBoot } from './boot-facts.ts';
import { installResolveHook } from './resolve-hook.ts';

/*
 * What Electron does before an application's own code runs: finds the application, sets its name and paths, loads the modules
 * that `-r` names, evaluates the main module, and then becomes ready.
 */

interface PackageFile {
  readonly name?: string;
  readonly productName?: string;
  readonly version?: string;
  readonly main?: string;
}

// The system's GLib is this process's own; what it starts does not inherit it.
delete process.env.LD_PRELOAD;
const executable = process.env.STANDIN_EXECUTABLE ?? '';
delete process.env.STANDIN_EXECUTABLE;
const version = readFileSync(join(import.meta.dirname, '..', 'version'), 'utf8').trim();
rememberBoot({ executable, node: process.execPath, version });

process.argv = [executable, ...process.argv.slice(2)];
process.execPath = executable;
process.execArgv = [];
const resourcesPath = join(dirname(executable), 'resources');
const facts = { type: 'browser', resourcesPath, versions: Object.freeze({ ...process.versions, electron: version, chrome: '0' }) };
for (const [name, value] of Object.entries(facts)) Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
installResolveHook();

/** The modules that `-r` names, and the application: the first word that is no switch. */
function readWords(words: readonly string[]): { readonly modules: string[]; readonly application: string | undefined } {
  const modules: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '-r' || word === '--require') {
      index += 1;
      modules.push(words[index] ?? '');
    } else if (!word.startsWith('-')) return { modules, application: word };
  }
  return { modules, application: undefined };
}

async function findApplication(): Promise<{ readonly folder: string; readonly modules: readonly string[] }> {
  const archive = join(resourcesPath, 'app.asar');
  if (existsSync(archive)) {
    const { unpackForNode } = await import('./asar.ts');
    return { folder: unpackForNode(archive), modules: [] };
  }
  const { modules, application } = readWords(process.argv.slice(1));
  if (application === undefined) throw new Error('usage: electron <application>');
  return { folder: resolve(application), modules };
}

async function main(): Promise<void> {
  const { app } = await import('./app.ts');
  const { folder, modules } = await findApplication();
  const require = createRequire(join(process.cwd(), 'x'));
  for (const module of modules) require(resolve(module));
  const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
  app._describe(folder, description.productName ?? description.name, description.version);
  await import(pathToFileURL(join(folder, description.main ?? 'index.js')).href);
  // A start that ends itself needs no Chromium.
  await setImmediate();
  if (!app._gone) await app._start();
}

main().catch((error: unknown) => {
  console.error('A JavaScript error occurred in the main process\n', error);
  process.exit(1);
});
