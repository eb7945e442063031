#!/usr/bin/env node
import { engineNeeded, openDownloads, openEngine, openMetrics, packageVersion } from './engine.ts';
import { standardStreams } from './standard-streams.ts';

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
