import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from '../../../../src/shared/problem.ts';
import { sentence } from '../../../../src/shared/sentence.ts';
import { problemText } from '../../../../src/renderer/words/problem-words.ts';
import { say, setLanguage } from '../../../../src/renderer/words/words.svelte.ts';

afterEach(() => {
  setLanguage('en', 'en');
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

  it('names options and problems, braces and all', () => {
    expect(say('option.strength')).toBe('Strength');
    expect(say('option.name.hint')).toContain('{name} {scale}');
    expect(say('advice.not-found')).toBe('Check that the file still exists and that you may read it.');
  });
});

describe('a problem that is known in English only', () => {
  const problem = new Problem('unsupported-model', 'a.pth cannot be used.', { advice: 'Choose b.pth.' }).toData();

  it('is told by its kind in other languages', () => {
    expect(problemText(problem)).toEqual({ title: 'a.pth cannot be used.', advice: 'Choose b.pth.' });
    setLanguage('de', 'de');
    expect(problemText(problem)).toEqual({ title: say('problem.unsupported-model'), advice: say('advice.unsupported-model') });
  });
});

it('a model that is installed already is not told what a photo would be: in no language is there advice on names', () => {
  const problem = new Problem('already-exists', sentence('model.installed', { name: 'Good', id: 'good-x4' }), {
    advice: sentence('model.installed.advice', { id: 'good-x4' }),
  }).toData();
  expect(problemText(problem)).toEqual({ title: 'Good is installed already, as good-x4.', advice: 'Remove it first.' });
  setLanguage('de', 'de');
  expect(problemText(problem)).toEqual({ title: 'Good ist schon installiert, als good-x4.', advice: 'Entfernen Sie es zuerst.' });
  setLanguage('zh', 'zh');
  expect(problemText(problem)).toEqual({ title: 'Good 已安装，名为 good-x4。', advice: '请先将其移除。' });
});
