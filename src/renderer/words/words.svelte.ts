import { IntlMessageFormat } from 'intl-messageformat';
import { languages, type Settings } from '../../shared/settings.ts';
import type en from './en.json';
import { tableWords, type TableKey } from './table-words.ts';

export type Language = (typeof languages)[number];
export type WordKey = keyof typeof en | TableKey;
export type WordValues = Readonly<Record<string, string | number>>;

const files = import.meta.glob<Readonly<Record<string, string>>>('./*.json', { eager: true, import: 'default' });
const wordsIn = (language: Language): Readonly<Record<string, string>> => files[`./${language}.json`] ?? {};
/** English comes from the tables of options, formats and problems, unless the message file puts it better for the window. */
const english: Readonly<Record<string, string>> = { ...tableWords, ...wordsIn('en') };

let language = $state.raw<Language>('en');
let locale = $state.raw('en');
const formats = new Map<string, IntlMessageFormat>();

/** Chooses the language of everything that is shown. `system` takes the closest that there is to the system's, or English. */
export function setLanguage(choice: Settings['language'], systemLanguage: string): void {
  const close = languages.find((known) => systemLanguage.toLowerCase().startsWith(known)) ?? 'en';
  language = choice === 'system' ? close : choice;
  // Numbers and dates as where the person lives, as far as that speaks the same language.
  locale = close === language ? systemLanguage : language;
  formats.clear();
}

/** For `Intl` and `lang`. Tracked. */
export const currentLocale = (): string => locale;
export const currentLanguage = (): Language => language;

/** The words of a key in the current language, with its placeholders filled. Tracked: what is shown follows the language. */
export function say(key: WordKey, values?: WordValues): string {
  const text = wordsIn(language)[key] ?? english[key] ?? key;
  if (!text.includes('{') && !text.includes("''")) return text;
  let format = formats.get(`${locale} ${key}`);
  if (format === undefined) {
    format = new IntlMessageFormat(text, locale);
    formats.set(`${locale} ${key}`, format);
  }
  return String(format.format(values));
}
