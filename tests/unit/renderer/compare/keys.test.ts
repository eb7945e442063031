import { describe, expect, it } from 'vitest';
import { actionOf, keyFace, shortcuts } from '../../../../src/renderer/features/compare/keys.ts';

const press = (key: string, held: { ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean } = {}) =>
  actionOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

describe('keys', () => {
  it('mean one thing each', () => {
    const keys = shortcuts.flatMap((row) => row.keys as readonly string[]);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { action, keys: own } of shortcuts) for (const key of own) expect(press(key)).toBe(action);
  });

  it('work with caps lock, and leave the browser its own', () => {
    expect(press('M')).toBe('mode');
    expect(press('0', { ctrlKey: true })).toBeNull();
    expect(press('r', { metaKey: true })).toBeNull();
    expect(press('ArrowLeft', { altKey: true })).toBeNull();
    expect(press('q')).toBeNull();
  });

  it('are written as on the keyboard', () => {
    expect(keyFace('m')).toEqual({ symbol: 'M' });
    expect(keyFace('ArrowUp')).toEqual({ symbol: '↑' });
    expect(keyFace(' ')).toEqual({ named: 'space' });
  });
});
