import type { Streams } from './view.ts';

/** Where a terminal does not know its own width. */
const usualColumns = 80;

/** This process's own streams. A reader that goes away (`| head`) ends the program quietly. */
export function standardStreams(): Streams {
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
