#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { nodeLauncher, startedAhead } from '../app/node-launcher.ts';
import type { Streams } from './view.ts';

/** Where a terminal does not know its own width. */
const usualColumns = 80;

// The engine process loads while this one still reads its arguments: nothing else is imported before it has been started.
const words = process.argv.slice(2);
const needed = engineNeeded(words);
const launch = nodeLauncher(fileURLToPath(new URL('engine-host.js', import.meta.url)));
const launcher = needed ? startedAhead(launch) : launch;

const { installedModelsFolder, openDownloads, openEngine, openMetrics, packageVersion } = await import('./engine.ts');
const { usableFolders, userFolders } = await import('../app/folders.ts');
const { folders, told } = needed ? usableFolders(userFolders(), ['cache', 'temporary']) : { folders: userFolders(), told: [] };
const engine = openEngine(launcher, folders);
if (needed) engine.start();

const [{ run }, { english }] = await Promise.all([import('./program.ts'), import('../shared/sentence.ts')]);
const lost = { output: false };
const streams = standardStreams();
for (const what of told) streams.error(`${english.tell(what)}\n`);
const status = await run(words, {
  engine,
  streams,
  openMetrics: () => openMetrics(folders),
  installation: {
    version: packageVersion(),
    modelsFolder: installedModelsFolder(folders),
    openEngine: () => openEngine(launch, folders),
  },
  openDownloads: async (onProgress) => openDownloads(engine, folders, onProgress),
});
process.exitCode = status === 0 && lost.output ? 1 : status;

/**
 * This process's own streams. A reader that goes away (`| head`) ends the program quietly. Where what is told cannot be written for
 * another reason, the photos are done all the same: it is said once, and the program does not end as if all were well.
 */
function standardStreams(): Streams {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    if (lost.output) return;
    lost.output = true;
    process.exitCode = 1;
    process.stderr.write(`What is told here cannot be written any more: ${error.message}. What was asked for is done all the same.\n`);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // There is nowhere left to say so.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    lost.output = true;
  });
  return {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    columns: () => (process.stderr.isTTY && process.env.TERM !== 'dumb' ? process.stderr.columns || usualColumns : null),
  };
}

/** Whether these arguments will need the engine process, as far as can be told before they have been parsed. */
function engineNeeded(words: readonly string[]): boolean {
  return (
    (['enhance', 'evaluate', 'info', 'models', 'devices', 'worker'].includes(words[0] ?? '') ||
      (words[0] === 'fleet' && words[1] === 'add')) &&
    !words.some((word) => word === '--help' || word === '-h')
  );
}
