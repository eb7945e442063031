import { parseArgs } from 'node:util';

export interface WebArguments {
  /** 0: any that is free. */
  readonly port: number;
  /** Show the address in the person's browser. */
  readonly open: boolean;
  readonly enhance: boolean;
  readonly paths: readonly string[];
}

export const usage = `Usage: npm run start:browser -- [options] [photos and folders to open]

  --port <number>   serve on this port instead of any free one
  --no-open         print the address only, open no browser
  --enhance         enhance what is named at once
`;

/** @returns null where they cannot be understood, or where help is asked for */
export function readArguments(words: readonly string[]): WebArguments | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { port: { type: 'string', default: '0' }, 'no-open': { type: 'boolean' }, enhance: { type: 'boolean' } },
    });
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : 65_536;
    if (port > 65_535) return null;
    return { port, open: values['no-open'] !== true, enhance: values.enhance === true, paths: positionals };
  } catch {
    return null;
  }
}
