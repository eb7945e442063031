import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** What a start of the program was told, in the order in which it was told: Chromium reorders the arguments that it passes on. */
const startSchema = z.object({
  words: z.array(z.string()).max(100_000),
  cwd: z.string(),
  /** From when the program was started until it was told. */
  milliseconds: z.number().min(0).max(600_000).default(0),
});
export type Start = z.infer<typeof startSchema>;

/**
 * The longest message that a start gives to the application that is running, with room to spare. Chromium reads it into 32 KiB and
 * believes what it says of its own length (`kMaxMessageLength` in process_singleton_posix.cc): a longer one may end both.
 */
const messageBytesLimit = 28 * 1024;

/**
 * A start in the form that another process is told: in ASCII, for on Windows Electron cuts what it passes on at the first 16 bits
 * of zero, which lie in names like `photo一.jpg` (feat_add_data_parameter_to_processsingleton.patch).
 */
export const toldStart = (start: Start): { readonly start: string } => ({
  start: JSON.stringify(start).replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
});

/** @returns null for what is no start */
export function readStart(told: unknown): Start | null {
  const read = z.object({ start: z.string() }).safeParse(told);
  return read.success ? parsed(read.data.start) : null;
}

/** Whether a start is too long to be told to a running application. Electron sends the arguments as well. */
export function isTooLong(argv: readonly string[], start: Start): boolean {
  const bytes = [...argv, start.cwd].reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  return bytes + toldStart(start).start.length > messageBytesLimit;
}

const flag = '--handed-over=';

/**
 * Writes a long start down.
 * @returns the words of a start that comes to the same; Chromium's own are among them
 */
export function handOver(start: Start, folder: string): string[] {
  const name = randomUUID();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(start));
  const end = start.words.indexOf('--');
  const switches = (end === -1 ? start.words : start.words.slice(0, end)).filter((word) => word.startsWith('-'));
  return [...switches, flag + name];
}

/** The start that was written down under the name that the words give, once; the start itself where they give none. */
export function takeOver(start: Start, folder: string): Start {
  const name = start.words.find((word) => word.startsWith(flag))?.slice(flag.length);
  if (name === undefined || !/^[\da-f-]{36}$/.test(name)) return start;
  const path = join(folder, `${name}.json`);
  try {
    return parsed(readFileSync(path, 'utf8')) ?? start;
  } catch {
    return start;
  } finally {
    rmSync(path, { force: true });
  }
}

function parsed(text: string): Start | null {
  try {
    return startSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
