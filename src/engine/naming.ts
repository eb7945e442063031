import { createHash } from 'node:crypto';
import { expandName, nameTokens, safeComponent, unknownTokens, withSlashes } from '../shared/name-template.ts';
import { outputFormats, type OutputFormat } from '../shared/output-formats.ts';
import { extensionOf, photoExtensions, stemOf } from '../shared/photo-extensions.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { stemKey } from './namesakes.ts';
import { formatFactor } from './passes.ts';

export interface NameFacts {
  /** File name of the source, without folder. */
  readonly source: string;
  /** Names of other photos in the source's folder, at least those of {@link namesakesOf}: none must get the same result. */
  readonly siblings: readonly string[];
  readonly format: OutputFormat;
  /** The format was not chosen: each sibling keeps its own. */
  readonly formatIsSame: boolean;
  readonly scale: number;
  readonly model: string;
  readonly date: Date;
  readonly width: number;
  readonly height: number;
}

/** Bytes of one path component: file systems hold 255 (in UTF-8), temporary names and numbers need some of them. */
const maxComponentBytes = 200;

/**
 * The result's path relative to its folder, as components (sub-folders, then the file), safe on every operating system and at
 * most 200 bytes each. A pure function of its arguments, so that a later run finds the result of an earlier one.
 * @throws Problem bad-request for a token that does not exist
 */
export function resultName(template: string, facts: NameFacts): string[] {
  const [unknown] = unknownTokens(template);
  if (unknown !== undefined) {
    const advice = sentence('request.nameToken.advice', { tokens: nameTokens.map((token) => `{${token}}`).join(' ') });
    throw new Problem('bad-request', sentence('request.nameToken', { token: `{${unknown}}` }), { advice });
  }
  const name = nameFor(facts);
  const components = compose(template, name, facts);
  const excess = Math.max(...components.map((component) => byteLength(component) - maxComponentBytes));
  return excess > 0 ? compose(template, shorten(name, excess), facts) : components;
}

function compose(template: string, name: string, facts: NameFacts): string[] {
  const expanded = expandName(wholeFactor(withSlashes(template), facts.scale), {
    name: oneComponent(name),
    scale: formatFactor(facts.scale),
    model: oneComponent(facts.model),
    date: isoDate(facts.date),
    width: String(facts.width),
    height: String(facts.height),
  });
  const folders = expanded.split('/').filter((part) => part !== '');
  const file = (folders.pop() ?? name).replace(/[. ]+$/, '');
  return [...folders.map(safeComponent), safeComponent(`${file}.${outputFormats[facts.format].extension}`)];
}

/** `{scale}x` is the size in pixels where the factor is no whole number: `photo_4000x3000` rather than `photo_9.23x`. */
const wholeFactor = (template: string, scale: number): string =>
  Number.isInteger(Number(formatFactor(scale))) ? template : template.replaceAll('{scale}x', '{width}x{height}');

/**
 * The source's name without its extension; with it where another photo of the same name would get the same result: photo.jpg
 * and photo.heic give photo_4x.jpg and photo.heic_4x.jpg. The one whose extension is already the result's keeps the short name.
 */
function nameFor({ source, siblings, format, formatIsSame }: NameFacts): string {
  const { extension } = outputFormats[format];
  const stem = stemOf(source);
  const rivals = siblings.filter(
    (name) => name !== source && stemKey(name) === stemKey(source) && likelyExtension(name, formatIsSame ? null : format) === extension,
  );
  if (rivals.length === 0) return stem;
  const [first] = [source, ...rivals].sort((a, b) => distance(a, extension) - distance(b, extension) || (a < b ? -1 : 1));
  return first === source && distance(source, extension) < 2 ? stem : source;
}

/** 0: exactly the result's extension, 1: but for case, 2: another one. */
function distance(name: string, extension: string): number {
  if (name.endsWith(`.${extension}`)) return 0;
  return extensionOf(name) === extension ? 1 : 2;
}

/** The extension that a photo's result would have, judged by its name; null for what is no photo. */
function likelyExtension(name: string, chosen: OutputFormat | null): string | null {
  const own = photoExtensions[extensionOf(name)];
  if (own === undefined) return null;
  if (chosen !== null) return outputFormats[chosen].extension;
  if (own === 'gif') return outputFormats.png.extension;
  return own in outputFormats ? outputFormats[own as OutputFormat].extension : outputFormats.jpeg.extension;
}

/** Text for the inside of a component: no separators, so that a file called `a\b` makes no folder. */
const oneComponent = (text: string): string => text.replaceAll(/[\\/]/g, '_');

/** Shortened by at least `excess` bytes at a code point, with a mark of the full name so that two long names stay apart. */
function shorten(name: string, excess: number): string {
  const mark = `~${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
  const room = Math.max(1, byteLength(name) - excess - byteLength(mark));
  let kept = '';
  for (const character of name) {
    if (byteLength(kept + character) > room) break;
    kept += character;
  }
  return kept + mark;
}

const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** The local calendar day, as 2026-01-31. */
function isoDate(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
