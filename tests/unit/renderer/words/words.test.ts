import { IntlMessageFormat } from 'intl-messageformat';
import { afterEach, describe, expect, it } from 'vitest';
import { languages } from '../../../../src/shared/settings.ts';
import { tableWords } from '../../../../src/renderer/words/table-words.ts';
import { say, setLanguage } from '../../../../src/renderer/words/words.svelte.ts';

const files = import.meta.glob<Readonly<Record<string, string>>>('/src/renderer/words/*.json', { eager: true, import: 'default' });
const wordsOf = (language: string): Readonly<Record<string, string>> => files[`/src/renderer/words/${language}.json`] ?? {};
const english: Readonly<Record<string, string>> = { ...tableWords, ...wordsOf('en') };
const others = languages.filter((language) => language !== 'en');

const sources = import.meta.glob<string>('/src/renderer/**/*.{svelte,ts}', { eager: true, query: '?raw', import: 'default' });
const source = Object.values(sources).join('\n');

/** What is to be filled in; the branches of a plural are words, not placeholders. */
const placeholdersOf = (text: string): string =>
  [...new Set([...text.matchAll(/(?<!(?:=\d+|zero|one|two|few|many|other) )\{(\w+)[,}]/g)].map(([, name]) => name))].sort().join();

afterEach(() => {
  setLanguage('en', 'en');
});

describe('the message files', () => {
  it.each(languages)('are there and sorted: %s', (language) => {
    expect(Object.keys(files)).toContain(`/src/renderer/words/${language}.json`);
  });

  it.each(others)('say in %s everything that is said in English, and nothing else', (language) => {
    const own = Object.keys(wordsOf(language));
    expect(Object.keys(english).filter((key) => !own.includes(key))).toEqual([]);
    expect(own.filter((key) => !Object.hasOwn(english, key))).toEqual([]);
  });

  it.each(others)('have the same placeholders in %s', (language) => {
    const words = wordsOf(language);
    const wrong = Object.entries(words).filter(([key, text]) => placeholdersOf(text) !== placeholdersOf(english[key] ?? ''));
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  it('can be said: every message of every language is well-formed', () => {
    for (const language of languages) {
      for (const [key, text] of Object.entries(wordsOf(language))) expect(() => new IntlMessageFormat(text, language), key).not.toThrow();
    }
  });

  it('leave nothing empty', () => {
    expect(languages.flatMap((language) => Object.entries(wordsOf(language)).filter(([, text]) => text.trim() === ''))).toEqual([]);
  });

  it('hold nothing that is not said anywhere', () => {
    const built = [...source.matchAll(/`([\w.-]+\.\$\{[^`]*)`/g)].map(
      ([, template = '']) => new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\\?\$\{[^}]*\}/g, '.+')}$`),
    );
    const said = (key: string): boolean => source.includes(`'${key}'`) || built.some((pattern) => pattern.test(key));
    expect(Object.keys(wordsOf('en')).filter((key) => !said(key))).toEqual([]);
  });
});

describe('saying', () => {
  it('follows the language, or the system’s where there is none', () => {
    setLanguage('de', 'en-GB');
    expect(say('cancel')).toBe('Abbrechen');
    setLanguage('system', 'zh-Hant-TW');
    expect(say('cancel')).toBe('取消');
    setLanguage('system', 'fr-FR');
    expect(say('cancel')).toBe('Cancel');
  });

  it('has plurals, and numbers as they are written there', () => {
    setLanguage('system', 'de-AT');
    expect(say('library.count', { count: 1 })).toBe('1 Foto');
    expect(say('library.count', { count: 50_000 })).toMatch(/^50.000 Fotos$/);
    setLanguage('en', 'en');
    expect(say('library.count', { count: 50_000 })).toBe('50,000 photos');
  });

  it('takes English from the tables of options and problems, braces and all', () => {
    expect(say('option.strength')).toBe('Strength');
    expect(say('option.name.hint')).toContain('{name} {scale}');
    expect(say('advice.not-found')).toBe('Check that the file still exists and that you may read it.');
  });
});
