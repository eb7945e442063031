import { languages, wordsOf, type Language } from '../../shared/language.ts';
import { speakerOf, type SentenceValues, type WordKey } from '../../shared/sentence.ts';

export type Label = Readonly<Record<Language, string>>;

/** One entry in a file manager's menu. */
export interface Verb {
  readonly id: string;
  /** What the application is told before the files (src/main/arrivals.ts). */
  readonly words: readonly string[];
  /** Standing by itself. */
  readonly label: Label;
  /** Below {@link menuLabel}. */
  readonly short: Label;
}

/** File managers are given every language and choose by themselves. */
export const labelOf = (key: WordKey, values?: SentenceValues): Label =>
  Object.fromEntries(languages.map((language) => [language, speakerOf(wordsOf(language), language).say(key, values)])) as Label;

/** The menu that holds the verbs, where a file manager has menus in menus. */
export const menuLabel: Label = labelOf('verb.enhance');

const scaled = (scale: 2 | 4): Verb => ({
  id: `enhance-x${scale}`,
  words: ['--enhance', `--scale=${scale}`],
  label: labelOf('verb.scaled', { scale }),
  short: labelOf('verb.scaled.short', { scale }),
});

/** What a file manager offers for photos and folders, in its order. */
export const verbs: readonly Verb[] = [
  { id: 'enhance', words: ['--enhance'], label: menuLabel, short: labelOf('verb.enhance.short') },
  scaled(2),
  scaled(4),
  { id: 'choose', words: [], label: labelOf('verb.choose'), short: labelOf('verb.choose.short') },
];
