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

const { openDownloads, openEngine, openMetrics, packageVersion } = await import('./engine.ts');
const engine = openEngine(launcher);
if (needed) engine.start();

const { run } = await import('./program.ts');
process.exitCode = await run(words, packageVersion(), {
  engine,
  streams: standardStreams(),
  openMetrics,
  openDownloads: async (onProgress) => openDownloads(engine, onProgress),
});

/** This process's own streams. A reader that goes away (`| head`) ends the program quietly. */
function standardStreams(): Streams {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    error: (text) => void process.stderr.write(text),
    columns: () => (process.stderr.isTTY && process.env.TERM !== 'dumb' ? process.stderr.columns || usualColumns : null),
  };
}

/** Whether these arguments will need the engine process, as far as can be told before they have been parsed. */
function engineNeeded(words: readonly string[]): boolean {
  return (
    ['enhance', 'evaluate', 'info', 'models', 'devices'].includes(words[0] ?? '') &&
    !words.some((word) => word === '--help' || word === '-h')
  );
}
