import type { Label } from '../verbs.ts';

/** Groups of keys and values, as in the files of the Desktop Entry Specification. */
export type Groups = Readonly<Record<string, Readonly<Record<string, string>>>>;

export const keyFile = (groups: Groups): string =>
  Object.entries(groups)
    .map(([name, values]) => [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)].join('\n'))
    .join('\n\n') + '\n';

/** A key in every language; English where there is none. */
export const inLanguages = (key: string, { en, ...others }: Label): Record<string, string> => ({
  [key]: en,
  ...Object.fromEntries(Object.entries(others).map(([language, text]) => [`${key}[${language}]`, text])),
});

export const list = (values: readonly string[]): string => values.map((value) => `${value};`).join('');

/** A string as a value is read. */
export const stringValue = (text: string): string => text.replaceAll('\\', String.raw`\\`);

/** A command as the key `Exec` holds it: words quoted, then the whole as a string. `field` is a field code such as `%F`. */
export const execValue = (words: readonly string[], field: '%F' | '%U'): string => stringValue([...words.map(execWord), field].join(' '));

function execWord(word: string): string {
  const text = word.replaceAll('%', '%%');
  return /^[\w./=%-]+$/.test(text) ? text : `"${text.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`;
}
