import { describe, expect, it } from 'vitest';
import { resultName, type NameFacts } from '../../../src/engine/naming.ts';

const facts: NameFacts = {
  source: 'photo.jpg',
  siblings: [],
  format: 'jpeg',
  formatIsSame: true,
  scale: 4,
  model: 'onestep-photo-x4',
  date: new Date(2026, 0, 31, 12),
  width: 6000,
  height: 4000,
};
const name = (template: string, changes: Partial<NameFacts> = {}): string => resultName(template, { ...facts, ...changes }).join('/');
const plain = '{name}_{scale}x';

describe('resultName', () => {
  it.each<[string, Partial<NameFacts>, string]>([
    [plain, {}, 'photo_4x.jpg'],
    [plain, { scale: 2.5 }, 'photo_6000x4000.jpg'],
    [plain, { scale: 3.998 }, 'photo_4x.jpg'],
    ['{name} at {scale}', { scale: 4 / 3 }, 'photo at 1.33.jpg'],
    [plain, { format: 'tiff' }, 'photo_4x.tif'],
    ['{model}/{date}/{name}-{width}x{height}', {}, 'onestep-photo-x4/2026-01-31/photo-6000x4000.jpg'],
    ['{name}', {}, 'photo.jpg'],
    ['larger', {}, 'larger.jpg'],
    ['a\\b\\{name}', {}, 'a/b/photo.jpg'],
    ['/etc//{name}', {}, 'etc/photo.jpg'],
    ['../../{name}', {}, '_/_/photo.jpg'],
    ['./{name}/', {}, '_/photo.jpg'],
    ['/', {}, 'photo.jpg'],
    [plain, { source: 'archive.tar.jpg' }, 'archive.tar_4x.jpg'],
    [plain, { source: 'no-extension' }, 'no-extension_4x.jpg'],
    [plain, { source: '.hidden.jpg' }, 'hidden_4x.jpg'],
    [plain, { source: '夏の写真 🌻.jpg' }, '夏の写真 🌻_4x.jpg'],
    [plain, { source: 'cafe\u0301.jpg' }, 'caf\u00e9_4x.jpg'],
    [plain, { source: 'a<b>:"|?*c.jpg' }, 'a_b______c_4x.jpg'],
    [plain, { source: 'a\\b.jpg' }, 'a_b_4x.jpg'],
    [plain, { source: 'tab\there\n.jpg' }, 'tab_here__4x.jpg'],
    ['{name}', { source: 'CON.jpg' }, '_CON.jpg'],
    ['{name}', { source: 'com1.backup.jpg' }, '_com1.backup.jpg'],
    ['{name}', { source: 'console.jpg' }, 'console.jpg'],
    ['nul/{name}', {}, '_nul/photo.jpg'],
    ['{name}. . ', {}, 'photo.jpg'],
    ['dots./{name}', {}, 'dots/photo.jpg'],
    ['{name}', { source: '{scale}.jpg' }, '{scale}.jpg'],
  ])('%s %j → %s', (template, changes, expected) => expect(name(template, changes)).toBe(expected));

  it('refuses a token that does not exist', () => {
    expect(() => name('{name}_{size}')).toThrow(
      expect.objectContaining({ code: 'bad-request', message: '{size} cannot be used in a name.' }),
    );
  });

  it('stays within 200 bytes a component, at a letter, and keeps long names apart and endings whole', () => {
    const long = 'ü'.repeat(150);
    const first = name(plain, { source: `${long}a.jpg` });
    expect(Buffer.byteLength(first)).toBeLessThanOrEqual(200);
    expect(first).toMatch(/^ü+~[0-9a-f]{8}_4x\.jpg$/);
    expect(name(plain, { source: `${long}b.jpg` })).not.toBe(first);
    expect(name(plain, { source: `${long}a.jpg` })).toBe(first);
  });
});

describe('photos that differ only in extension', () => {
  const results = (
    names: string[],
    changes: Partial<NameFacts> & Pick<NameFacts, 'format'>,
    formatOf = (_: string) => changes.format,
  ): string[] => names.map((source) => name(plain, { ...changes, source, siblings: names, format: formatOf(source) }));

  it('do not meet when each keeps its format', () => {
    expect(name(plain, { siblings: ['photo.png', 'photo.txt', 'other.jpg'] })).toBe('photo_4x.jpg');
    expect(name(plain, { source: 'photo.png', siblings: ['photo.jpg'], format: 'png' })).toBe('photo_4x.png');
  });

  it('say where they come from when they would meet', () => {
    expect(results(['photo.jpg', 'photo.png'], { format: 'png', formatIsSame: false })).toEqual(['photo.jpg_4x.png', 'photo_4x.png']);
    expect(results(['photo.jpg', 'photo.webp'], { format: 'png', formatIsSame: false })).toEqual(['photo.jpg_4x.png', 'photo.webp_4x.png']);
    expect(results(['IMG.HEIC', 'IMG.JPG'], { format: 'jpeg' })).toEqual(['IMG.HEIC_4x.jpg', 'IMG_4x.jpg']);
    expect(results(['a.jpeg', 'a.jpg'], { format: 'jpeg' })).toEqual(['a.jpeg_4x.jpg', 'a_4x.jpg']);
    expect(results(['a.JPG', 'a.jpg'], { format: 'jpeg' })).toEqual(['a.JPG_4x.jpg', 'a_4x.jpg']);
    expect(results(['Photo.jpg', 'photo.png'], { format: 'jpeg', formatIsSame: false })).toEqual(['Photo_4x.jpg', 'photo.png_4x.jpg']);
    expect(results(['a.gif', 'a.png'], { format: 'png' })).toEqual(['a.gif_4x.png', 'a_4x.png']);
  });

  it('get the same names whatever the order and whoever is asked first', () => {
    const names = ['b.webp', 'b.png', 'b.tif', 'b.jpeg', 'b.jpg', 'b.JPG'];
    const forward = results(names, { format: 'jpeg', formatIsSame: false });
    const backward = results([...names].reverse(), { format: 'jpeg', formatIsSame: false }).reverse();
    expect(forward).toEqual(backward);
    expect(new Set(forward).size).toBe(names.length);
  });
});
