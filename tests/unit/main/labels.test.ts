import { describe, expect, it } from 'vitest';
import { outcome, wordsIn } from '../../../src/main/labels.ts';
import { languageOf } from '../../../src/shared/language.ts';

describe('the language of the menus', () => {
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
    expect(wordsIn('de')('openFolder')).toBe('Ordner öffnen …');
    expect(outcome('en', { done: 3, skipped: 0, failed: 0 })).toBe('3 done.');
    expect(outcome('en', { done: 0, skipped: 2, failed: 0 })).toBe('0 done, 2 skipped.');
    expect(outcome('de', { done: 3, skipped: 0, failed: 1 })).toBe('3 fertig, 1 fehlgeschlagen.');
  });
});
