import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { languageOf, languages, wordsOf, type Language } from '../../../src/shared/language.ts';
import { optionNames } from '../../../src/shared/options.ts';
import { problemCodes } from '../../../src/shared/problem.ts';
import { english, sentence, sentenceSchema, speakerOf, told } from '../../../src/shared/sentence.ts';

const src = join(import.meta.dirname, '../../../src');
const others = languages.filter((language) => language !== 'en');
const entriesOf = (language: Language): [string, string][] => Object.entries(wordsOf(language));
const inEnglish = new Map(entriesOf('en'));

/** What is to be filled in; the branches of a plural are words, not placeholders. */
const placeholdersOf = (text: string): string =>
  [...new Set([...text.matchAll(/(?<!(?:=\d+|zero|one|two|few|many|other) )(?<!')\{(\w+)[,}]/g)].map(([, name]) => name))].sort().join();

const sources = (await readdir(src, { recursive: true })).filter((name) => /\.(ts|svelte)$/.test(name));
const source = (await Promise.all(sources.map((name) => readFile(join(src, name), 'utf8')))).join('\n');

describe('the message files', () => {
  it.each(languages)('are sorted, and leave nothing empty: %s', async (language) => {
    const written = Object.keys(JSON.parse(await readFile(join(src, `shared/words/${language}.json`), 'utf8')) as object);
    expect(written).toEqual([...written].sort());
    expect(entriesOf(language).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it.each(others)('say in %s everything that is said in English, and nothing else', (language) => {
    const own = new Map(entriesOf(language));
    expect([...inEnglish.keys()].filter((key) => !own.has(key))).toEqual([]);
    expect([...own.keys()].filter((key) => !inEnglish.has(key))).toEqual([]);
  });

  it.each(others)('have the same placeholders in %s', (language) => {
    const wrong = entriesOf(language).filter(([key, text]) => placeholdersOf(text) !== placeholdersOf(inEnglish.get(key) ?? ''));
    expect(wrong.map(([key]) => key)).toEqual([]);
  });

  it('can be said: every message of every language is well-formed', () => {
    for (const language of languages)
      for (const [key, text] of entriesOf(language)) expect(() => new IntlMessageFormat(text, language), key).not.toThrow();
  });

  it('hold nothing that is not said anywhere', () => {
    const built = [...source.matchAll(/`([\w.-]+\.\$\{[^`]*)`/g)].map(
      ([, template = '']) => new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\\?\$\{[^}]*\}/g, '[^.]+')}$`),
    );
    const said = (key: string): boolean => source.includes(`'${key}'`) || built.some((pattern) => pattern.test(key));
    expect([...inEnglish.keys()].filter((key) => !said(key.replace(/\.cli$/, '')))).toEqual([]);
  });

  it.each(languages)('name nothing in a window that only the command line has: %s', (language) => {
    const inWindows = entriesOf(language).filter(([key]) => !key.endsWith('.cli'));
    expect(inWindows.filter(([, text]) => /(?:^|\s)--\w|`|onestep \w+ /.test(text)).map(([key]) => key)).toEqual([]);
  });

  it('have words for every option and every problem', () => {
    const wanted = [
      ...optionNames.flatMap((name) => [`option.${name}`, `option.${name}.hint`]),
      ...problemCodes.flatMap((code) => [`problem.${code}`, `advice.${code}`]),
    ];
    expect(wanted.filter((key) => !inEnglish.has(key))).toEqual([]);
  });
});

describe('the language of a door', () => {
  it.each([
    ['de', ['en-GB'], 'de'],
    ['system', ['de-AT', 'en-GB'], 'de'],
    ['system', ['fr-FR', 'zh-Hans-CN', 'en'], 'zh'],
    ['system', ['fr-FR'], 'en'],
    ['system', [], 'en'],
  ] as const)('is for %s and %j: %s', (setting, system, expected) => {
    expect(languageOf(setting, system)).toBe(expected);
  });

  it('names what it can do, and what became of a batch', () => {
    const [en, de] = (['en', 'de'] as const).map((language) => speakerOf(wordsOf(language), language));
    expect(de?.say('desktop.openFolder')).toBe('Ordner öffnen …');
    expect(en?.say('desktop.outcome', { done: 3, skipped: 0, failed: 0 })).toBe('3 done.');
    expect(en?.say('desktop.outcome', { done: 0, skipped: 2, failed: 0 })).toBe('0 done, 2 skipped.');
    expect(de?.say('desktop.outcome', { done: 3, skipped: 0, failed: 1 })).toBe('3 fertig, 1 fehlgeschlagen.');
  });
});

describe('a sentence', () => {
  const inner = sentence('library.count', { count: 2 });

  it('is said in any language, with sentences and lists in it', () => {
    expect(english.tell(sentence('told', { text: inner }))).toBe('2 photos');
    expect(speakerOf(wordsOf('de'), 'de').tell(sentence('told', { text: ['a', inner] }))).toBe('a, 2 Fotos');
  });

  it('has words of the command line where a window has controls', () => {
    expect(english.say('advice.too-many-pixels')).toContain('--max-megapixels');
    expect(speakerOf(wordsOf('en'), 'en').say('advice.too-many-pixels')).toContain('Advanced');
  });

  it('is read from a file as it was written, and as an earlier version wrote it', () => {
    const whole = sentence('told', { text: [inner, 'b'] });
    expect(sentenceSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(sentenceSchema.parse('It is a result of Onestep.')).toEqual(told('It is a result of Onestep.'));
    expect(sentenceSchema.safeParse({ code: 'no such code', values: {} }).success).toBe(false);
  });
});

describe('English that a photographer found foreign', () => {
  /** Whole texts, or parts of longer ones. */
  const foreign = [
    'Show what it does',
    'Left stays closest to the photo, right adds the most detail',
    'usual',
    'Back to usual',
    'Right holds colours and shapes to the photo; finer detail stays',
    'Every option has a sensible beginning',
    'everything below it is found, and stays up to date',
    'Times larger',
    'Exact',
    'Rows of the photo computed at once',
    'a small file can claim to be enormous',
    'Take off the list',
    'Try failed ones again',
    'Waiting for its turn',
    'Nothing to do',
    'They are worked through here',
    'It was done before with these options',
    'Way of comparing',
    'Keys',
    'Try a part of the photo',
    "Show the original's pixels as squares",
    'Hold the others against this',
    'Enhance photos in this way',
    'The result, made small again, held against the photo',
    'Get what NIQE needs',
    'needs a file that is not here yet',
    'Limits',
    'Arithmetic',
    'Models of other people',
    'reproduce a known answer',
    'Enhance new photos by themselves',
    'As the system',
    'Skip what is done',
    'What was not looked at for longest is removed',
    'makes no connection to anywhere',
    'When something does not work',
  ].map((text) => text.toLowerCase());

  it('is not said any more', () => {
    const said = entriesOf('en').filter(([, text]) => {
      const plain = text.toLowerCase().replace(/\.$/, '');
      return foreign.some((words) => plain === words || (words.includes(' ') && words.length >= 20 && plain.includes(words)));
    });
    expect(said).toEqual([]);
  });
});
