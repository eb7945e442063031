import { languages, type Settings } from './settings.ts';

/** What there are words in. */
export type Language = (typeof languages)[number];

/** The first of the system's languages that there are words in; English otherwise. */
export function languageOf(setting: Settings['language'], systemLanguages: readonly string[]): Language {
  if (setting !== 'system') return setting;
  const preferred = systemLanguages.map((language) => language.toLowerCase().split('-')[0]);
  return preferred.flatMap((code) => languages.filter((known) => known === code))[0] ?? 'en';
}
