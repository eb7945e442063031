import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { languages, wordsOf } from '../../../src/shared/language.ts';
import { formatMessage } from '../../../src/shared/message-format.ts';

describe('a message', () => {
  it.each([
    ['{name} is ready', { name: 'a.jpg' }, 'a.jpg is ready'],
    ['{n, number} of {m}', { n: 12_345, m: 12_345 }, '12,345 of 12345'],
    ['{n, number, ::.0} MP', { n: 12 }, '12.0 MP'],
    ['{n, plural, =0 {none} one {# photo} other {# photos}}', { n: 0 }, 'none'],
    ['{n, plural, =0 {none} one {# photo} other {# photos}}', { n: 1 }, '1 photo'],
    ['{n, plural, =0 {none} one {# photo} other {# photos}}', { n: 4000 }, '4,000 photos'],
    ['{a, plural, one {{b, plural, one {# of #} other {# in all}}} other {#}}', { a: 1, b: 7 }, '7 in all'],
    ['{kind, select, cpu {processor} other {{kind}}}', { kind: 'cuda' }, 'cuda'],
    ["it''s '{'name'}' and {name}", { name: 'b' }, "it's {name} and b"],
    ['nothing for {name}', {}, 'nothing for {name}'],
  ])('%s with %j is %s', (text, values, expected) => {
    expect(formatMessage(text, values as Record<string, string | number>, 'en')).toBe(expected);
  });

  it.each(['{name', '{n, plural, one {a}', '{n, date}'])('is refused when it is not understood: %s', (text) => {
    expect(() => formatMessage(text, {}, 'en')).toThrow(/brace/);
  });
});

describe('every message', () => {
  /** Names in the text, as numbers and as words, so that each branch is taken at least once. */
  const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)[,}]/g)].map(([, name = '']) => name);

  it.each(languages)('is said as another reader of the same syntax says it: %s', (language) => {
    for (const [key, text] of Object.entries(wordsOf(language))) {
      for (const value of [0, 1, 2, 12_345.678]) {
        const values = Object.fromEntries(namesIn(text).map((name) => [name, value]));
        expect(formatMessage(text, values, language), key).toBe(String(new IntlMessageFormat(text, language).format(values)));
      }
    }
  });
});
