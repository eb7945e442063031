import de from './words/de.json' with { type: 'json' };
import en from './words/en.json' with { type: 'json' };
import zh from './words/zh.json' with { type: 'json' };
import type { Words } from './sentence.ts';

/** Everything that is said, in every language: a new one is its file and its lines here. */
const files = { en, de, zh } satisfies Record<string, Words>;

/** What there are words in. */
export type Language = keyof typeof files;
export const languages = Object.keys(files) as [Language, ...Language[]];
export const wordsOf = (language: Language): Words => files[language];

/** The first of the system's languages that there are words in; English otherwise. */
export function languageOf(setting: 'system' | Language, systemLanguages: readonly string[]): Language {
  if (setting !== 'system') return setting;
  const preferred = systemLanguages.map((language) => language.toLowerCase().split('-')[0]);
  return preferred.flatMap((code) => languages.filter((known) => known === code))[0] ?? 'en';
}
