#!/usr/bin/env node
import { engineNeeded, openDownloads, openEngine, openMetrics, packageVersion } from './engine.ts';
import type { Streams } from './view.ts';

/** Where a terminal does not know its own width. */
const usualColumns = 80;

// The engine process loads while this one still reads its arguments: nothing else is imported before it has been started.
const words = process.argv.slice(2);
const engine = openEngine();
if (engineNeeded(words)) engine.start();

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
