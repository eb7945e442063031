import type { Verb } from './verbs.ts';

/** What starts the application: a program, and the words that come before ours. */
export interface Launch {
  readonly program: string;
  readonly words: readonly string[];
}

/**
 * The command of a verb, up to the files. `--` stands before them: what follows is a path, whatever it looks like, and on Windows
 * Electron refuses to start with more words behind one that looks like an address (shell/app/command_line_args.cc).
 */
export const commandOf = ({ program, words }: Launch, verb: Pick<Verb, 'words'>): string[] => [program, ...words, ...verb.words, '--'];

/** A word as a POSIX shell reads it. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** A word as CommandLineToArgvW reads it; names in Windows have no quotation marks. */
export const windowsWord = (word: string): string => (/^[\w-=]+$/.test(word) ? word : `"${word.replace(/\\+$/, '$&$&')}"`);
