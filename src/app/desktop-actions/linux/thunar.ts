import type { Language } from '../../../shared/language.ts';
import { commandOf, shellWord, type Launch } from '../launch.ts';
import { menuLabel, verbs, type Verb } from '../verbs.ts';
import { iconName } from './entries.ts';

/*
 * Thunar keeps a person's own actions in one file, uca.xml. What is not ours in it is never changed by a byte; a file that is not
 * understood is left alone. Thunar reads it when it starts.
 */

const idOf = ({ id }: Pick<Verb, 'id'>): string => `onestep-${id}`;

/** Thunar with no actions at all. */
export const emptyActions = '<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n</actions>\n';

const xmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');

const plainText = (xml: string): string =>
  xml
    .replaceAll(/&#(x?)([\da-f]+);/gi, (_, hex: string, digits: string) => String.fromCodePoint(parseInt(digits, hex === '' ? 10 : 16)))
    .replaceAll('&apos;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Tag extends Span {
  readonly kind: 'start' | 'end' | 'empty';
  readonly name: string;
}

interface Layout {
  /** The elements `action`, of whomever. */
  readonly actions: readonly Span[];
  /** Where the root's end tag begins. */
  readonly end: number;
}

/** Comments, CDATA, processing instructions, a document type; then tags with their parts; then what is none of it. */
const markup = new RegExp(
  [
    String.raw`<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE[^\[>]*(?:\[[\s\S]*?\]\s*)?>`,
    String.raw`<(\/?)([A-Za-z][\w.-]*)((?:"[^"]*"|'[^']*'|[^<>"'])*?)(\/?)>`,
    '<',
  ].join('|'),
  'g',
);

/** The text's tags; null where a `<` begins nothing. */
function tagsOf(text: string): Tag[] | null {
  const tags: Tag[] = [];
  for (const match of text.matchAll(markup)) {
    const [whole, closing, name, , selfClosing] = match;
    if (whole === '<') return null;
    if (name === undefined) continue;
    const kind = closing === '/' ? 'end' : selfClosing === '/' ? 'empty' : 'start';
    tags.push({ kind, name, start: match.index, end: match.index + whole.length });
  }
  return tags;
}

/** Where things stand in the text; null where it is not what Thunar writes. */
function layoutOf(text: string): Layout | null {
  const actions: Span[] = [];
  const open: Tag[] = [];
  let end: number | null = null;
  for (const tag of tagsOf(text) ?? []) {
    if (end !== null) return null;
    if (tag.kind === 'end') {
      const opened = open.pop();
      if (opened?.name !== tag.name) return null;
      if (open.length === 0) end = tag.start;
      else if (open.length === 1 && tag.name === 'action') actions.push({ start: opened.start, end: tag.end });
    } else {
      const isRoot = open.length === 0;
      if (isRoot && (tag.kind === 'empty' || tag.name !== 'actions')) return null;
      if (tag.kind === 'start') open.push(tag);
    }
  }
  return end === null ? null : { actions, end };
}

const partOf = (action: string, name: string): string | null => {
  const [, text] = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(action) ?? [];
  return text === undefined ? null : plainText(text);
};

const isOurs = (action: string): boolean => partOf(action, 'unique-id')?.startsWith('onestep-') === true;

/** @returns the text without our actions; null where it is not understood */
export function withoutActions(text: string): string | null {
  const layout = layoutOf(text);
  if (layout === null) return null;
  const ours = layout.actions.filter(({ start, end }) => isOurs(text.slice(start, end)));
  return ours.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end).replace(/^\r?\n/, ''), text);
}

/** @returns the text with our actions at the end, in place of earlier ones of ours; null where it is not understood */
export function withActions(text: string, launch: Launch, language: Language): string | null {
  const others = withoutActions(text);
  const layout = others === null ? null : layoutOf(others);
  if (others === null || layout === null) return null;
  // A Thunar that knows no submenus reads none of the actions where there is one, and one that does names it in each action it writes.
  const submenu = others.includes('<submenu>');
  const ours = verbs.map((verb) => `${actionText(verb, launch, language, submenu)}\n`).join('');
  return others.slice(0, layout.end) + ours + others.slice(layout.end);
}

/** What our actions in a text start, by their ids; null where it is not understood. */
export function commandsIn(text: string): ReadonlyMap<string, string> | null {
  const layout = layoutOf(text);
  if (layout === null) return null;
  const actions = layout.actions.map(({ start, end }) => text.slice(start, end)).filter(isOurs);
  return new Map(actions.map((action) => [partOf(action, 'unique-id') ?? '', partOf(action, 'command') ?? '']));
}

/** What they should start. */
export const wantedCommands = (launch: Launch): ReadonlyMap<string, string> =>
  new Map(verbs.map((verb) => [idOf(verb), actionCommand(launch, verb)]));

const actionCommand = (launch: Launch, verb: Verb): string =>
  `${commandOf(launch, verb).map(shellWord).join(' ').replaceAll('%', '%%')} %F`;

/** Photos and folders together are told by their kinds: patterns would have to fit the names of folders, too. */
function actionText(verb: Verb, launch: Launch, language: Language, submenu: boolean): string {
  const name = submenu ? verb.short[language] : verb.label[language];
  return [
    '<action>',
    `\t<icon>${iconName}</icon>`,
    `\t<name>${xmlText(name)}</name>`,
    ...(submenu ? [`\t<submenu>${xmlText(menuLabel[language])}</submenu>`] : []),
    `\t<unique-id>${idOf(verb)}</unique-id>`,
    `\t<command>${xmlText(actionCommand(launch, verb))}</command>`,
    `\t<description>${xmlText(verb.label[language])}</description>`,
    '\t<patterns>*</patterns>',
    '\t<directories/>',
    '\t<image-files/>',
    '</action>',
  ].join('\n');
}
