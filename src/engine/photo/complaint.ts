import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';

/**
 * What a decoder's complaint about a file means:
 * - `unsupported`: the file may be whole, and is of a kind that the decoder does not know;
 * - `harmless`: about something beside the picture;
 * - `no-end`: the picture is whole, the bytes that should close the file are not there;
 * - `damage`: the picture is not whole.
 */
export type Meaning = 'unsupported' | 'harmless' | 'no-end' | 'damage';

/** How much a decoder minds: what it warns of at `warning`, it goes on after at `error`, and so on. */
export type Strictness = 'warning' | 'error' | 'none';

/** Texts of libvips, libtiff, libpng, libjpeg, libnsgif and libheif. */
const unsupported =
  /not (supported|configured|implemented|permitted)|unsupported|bad labq format|not a whole number of bytes|unknown (compression|codec)/i;
const damaging =
  /premature end|bad huffman|not enough|found marker|read error|decoding error|data check|\bcrc\b|filter value|unexpected end|truncat|invalid (code|distance|block)|corrupt|bogus/i;
/** What stands beside the picture, or is told again in other words. */
const aside = /\btags?\b|\bfields?\b|directory|extraneous bytes|iCCP|sRGB profile|error in tile|treated as error|read gave|^\(?[\d.)]*$/i;
/** The only warning of a JPEG file: its pixels were there when its bytes ended. */
const soleWarning = 'read gave 1 warnings';
const jpegEnds = /premature end of JPEG image/i;

/** What the decoder said, line by line, when it was as strict as `at`, means. */
export function meaningOf(complaints: readonly string[], at: Strictness): Meaning {
  const lines = linesOf(complaints);
  const told = lines.filter((line) => !aside.test(line));
  if (told.some((line) => unsupported.test(line))) return 'unsupported';
  if (lines.includes(soleWarning) && told.length > 0 && told.every((line) => jpegEnds.test(line))) return 'no-end';
  if (told.some((line) => damaging.test(line))) return 'damage';
  return told.length > 0 && at === 'error' ? 'damage' : 'harmless';
}

/** Whether a cause is that data ended before the picture did. */
export const endsEarly = (cause: string): boolean => /premature end|not enough|unexpected end|read error at|truncat/i.test(cause);

/** The problem of a file that its decoder gives no picture of. */
export function undecodable(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const complaints = [error instanceof Error ? error.message : String(error)];
  const how = { detail: causeIn(complaints), cause: error };
  return meaningOf(complaints, 'error') === 'unsupported'
    ? new Problem('unsupported-image', sentence('photo.notRead'), how)
    : new Problem('damaged-image', sentence('photo.damaged'), how);
}

/** The line that says why: decoders tell what they tried first, and the cause at last. */
export const causeIn = (complaints: readonly string[]): string => {
  const lines = linesOf(complaints);
  return lines.findLast((line) => !aside.test(line)) ?? lines.at(-1) ?? '';
};

const linesOf = (complaints: readonly string[]): string[] =>
  complaints
    .flatMap((text) => text.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '');
