import { afterEach, describe, expect, it } from 'vitest';
import { bytes, duration, megapixels, percent, pixelSize, speed, wholeNumber } from '../../../../src/renderer/words/amounts.ts';
import { setLanguage } from '../../../../src/renderer/words/words.svelte.ts';

afterEach(() => setLanguage('en', 'en'));

/** Intl writes spaces that do not break. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('amounts', () => {
  it.each([
    [0, '0s'],
    [0.004, '0.1s'],
    [4.44, '4.4s'],
    [9.96, '10s'],
    [59.4, '59s'],
    [59.6, '1m'],
    [65, '1m 5s'],
    [599, '9m 59s'],
    [601, '10m'],
    [3570, '1h'],
    [7620, '2h 7m'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1500, '2 kB'],
    [999_600, '1 MB'],
    [6_840_000, '6.8 MB'],
    [48_000_000, '48 MB'],
    [3_200_000_000, '3.2 GB'],
  ])('%d bytes are %s', (count, text) => expect(plain(bytes(count))).toBe(text));

  it('are written as people do where they live', () => {
    setLanguage('de', 'de-DE');
    expect(plain(bytes(6_840_000))).toBe('6,8 MB');
    expect(wholeNumber(50_000)).toBe('50.000');
    expect(plain(percent(0.42))).toBe('42 %');
    expect(plain(duration(4.44))).toBe('4,4 Sek.');
    setLanguage('zh', 'zh-CN');
    expect(duration(65)).toBe('1分钟 5秒');
  });

  it('say how large and how fast', () => {
    expect(pixelSize(6000, 4000)).toBe('6000 × 4000');
    expect(megapixels(24_000_000)).toBe('24 MP');
    expect(megapixels(1_700_000)).toBe('1.7 MP');
    expect(speed(6_240_000)).toBe('6.2 MP/s');
    // What is small is not nothing.
    expect(megapixels(48_000)).toBe('0.05 MP');
    expect(megapixels(4000)).toBe('0.004 MP');
  });
});
