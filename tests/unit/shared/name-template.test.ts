import { describe, expect, it } from 'vitest';
import { expandName, nameFault, namePattern, safeComponent, unknownTokens } from '../../../src/shared/name-template.ts';

describe('namePattern', () => {
  it.each([
    ['{name}_{scale}x', 'photo_4x', 'photo'],
    ['{name}_{scale}x', 'photo_2.5x-12', 'photo'],
    ['{name}_{scale}x', 'photo_6000x4000', 'photo'],
    ['{name}_{scale}x', 'photo_4x_2x', 'photo_4x'],
    ['{name}_{scale}x', 'photo_4x_part-0-10-300x200', 'photo'],
    ['{name} [{model}] {date}', 'a [onestep-photo-x4] 2026-01-31', 'a'],
    ['{width}.{height}.{name}', '10.20.a.b', 'a.b'],
    ['{name}/{name}', 'a/a', 'a'],
    ['big/{name}', 'some/where/big/a', 'a'],
    ['big\\{name}', 'big/a', 'a'],
  ])('%s recognises %s', (template, text, name) => expect(namePattern(template)?.exec(text)?.groups).toMatchObject({ name }));

  it.each([
    ['{name}_{scale}x', 'photo'],
    ['{name}_{scale}x', 'photo_x'],
    ['{name}_{scale}x', '_4x'],
    ['{name}+{scale}', 'photo4'],
    ['{name}/{name}', 'a/b'],
    ['big/{name}', 'bigger/a'],
  ])('%s does not recognise %s', (template, text) => expect(namePattern(template)?.test(text)).toBe(false));

  it('cannot trace names that do not hold the source’s', () => expect(namePattern('result-{date}')).toBeNull());
});

it('expands what it knows and finds what it does not', () => {
  const values = { name: '$&{scale}', scale: '4', model: 'm', date: 'd', width: '1', height: '2' };
  expect(expandName('{name} {scale} {nothing}', values)).toBe('$&{scale} 4 {nothing}');
  expect(unknownTokens('{name} {nothing} {}')).toEqual(['nothing', '']);
});

it.each([
  ['..', '_'],
  [' . ', '_'],
  ['a/b', 'a_b'],
  ['LPT9', '_LPT9'],
  ['aux.txt', '_aux.txt'],
  ['auxiliary', 'auxiliary'],
])('safeComponent makes %j %j', (text, safe) => expect(safeComponent(text)).toBe(safe));

describe('a template', () => {
  it.each([
    ['{name}_{scale}x', null],
    ['large/{name}', null],
    ['a\\{name}.{date}', null],
    ['', 'empty'],
    ['   ', 'empty'],
    ['folder/', 'empty'],
    ['{nam}', 'token'],
    ['..', 'dots'],
    ['../{name}', 'dots'],
    ['{name}.', 'dots'],
    [' {name}', 'dots'],
    ['a:b', 'characters'],
    ['{name}?', 'characters'],
  ])('%j: %s', (template, kind) => {
    expect(nameFault(template)?.kind ?? null).toBe(kind);
  });
});
