import { afterEach, describe, expect, it, vi } from 'vitest';
import { ariaKeys, belongsToElement, keyFaces, actionFor, press, release } from '../../../../src/renderer/actions/keys.ts';
import type { Action } from '../../../../src/renderer/actions/action.ts';
import { setLanguage } from '../../../../src/renderer/words/words.svelte.ts';

type Held = Partial<Pick<KeyboardEvent, 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat'>>;
const keyEvent = (key: string, held: Held = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  repeat: false,
  target: null as unknown,
  defaultPrevented: false,
  preventDefault() {
    this.defaultPrevented = true;
  },
  ...held,
});
type KeyEvent = ReturnType<typeof keyEvent>;
const pressed = (event: KeyEvent, actions: Readonly<Record<string, Action<string[]>>>, target: string[]): void =>
  press(event as unknown as KeyboardEvent, actions, target);

const element = (tagName: string, type = '', inside = '') => ({
  tagName,
  type,
  isContentEditable: false,
  closest: (selectors: string) => (inside !== '' && selectors.includes(inside) ? ({} as Element) : null),
});

const noted = (name: string, keys: string[], more: Partial<Action<string[]>> = {}): Action<string[]> => ({
  words: 'cancel',
  keys,
  run: (target, shift) => target.push(shift ? `${name}, far` : name),
  ...more,
});
const actions = {
  open: noted('open', ['Mod+o']),
  openFolder: noted('open folder', ['Mod+Shift+o']),
  pan: noted('pan', ['ArrowLeft']),
  flip: noted('flip', ['b']),
  zoom: noted('zoom', ['+', '=']),
  never: noted('never', ['x'], { enabled: () => false }),
  hold: noted('hold', [' '], { release: (target) => target.push('let go') }),
};

/** What lies over the page, as a selector would find it. */
const cover = (found: boolean): void => {
  vi.stubGlobal('document', { querySelector: () => (found ? {} : null) });
};
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('keys', () => {
  const named = (event: KeyEvent): string | undefined =>
    Object.entries(actions).find(([, action]) => action === actionFor(event as unknown as KeyboardEvent, actions))?.[0];

  it('are told apart by what is held with them', () => {
    expect(named(keyEvent('o', { ctrlKey: true }))).toBe('open');
    expect(named(keyEvent('o', { metaKey: true }))).toBe('open');
    expect(named(keyEvent('O', { ctrlKey: true, shiftKey: true }))).toBe('openFolder');
    expect(named(keyEvent('o'))).toBeUndefined();
    expect(named(keyEvent('b', { ctrlKey: true }))).toBeUndefined();
    expect(named(keyEvent('ArrowLeft', { altKey: true }))).toBeUndefined();
  });

  it('work with caps lock, and with Shift where it belongs to the character', () => {
    expect(named(keyEvent('B'))).toBe('flip');
    expect(named(keyEvent('+', { shiftKey: true }))).toBe('zoom');
  });

  it('are written as on the keyboard', () => {
    setLanguage('en', 'en');
    expect(keyFaces({ keys: ['Mod+Shift+o', 'ArrowUp', ' ', '+'] }, false)).toEqual(['Ctrl+Shift+O', '↑', 'Space', '+']);
    expect(keyFaces({ keys: ['Mod+Shift+o'] }, true)).toEqual(['⇧⌘O']);
    expect(ariaKeys({ keys: ['Mod+Enter', ' '] }, false)).toBe('Control+Enter Space');
    expect(ariaKeys({ keys: ['Mod+Enter'] }, true)).toBe('Meta+Enter');
  });
});

describe('a key press', () => {
  it('does what it asks for, once, and nothing that cannot be done now', () => {
    cover(false);
    const done: string[] = [];
    const event = keyEvent('ArrowLeft', { shiftKey: true });
    pressed(event, actions, done);
    // A second page that hears the same press leaves it alone.
    pressed(event, actions, done);
    const refused = keyEvent('x');
    pressed(refused, actions, done);
    expect(done).toEqual(['pan, far']);
    expect(refused.defaultPrevented).toBe(false);
  });

  it('belongs to what lies over the page', () => {
    cover(true);
    const done: string[] = [];
    const event = keyEvent('o', { ctrlKey: true });
    pressed(event, actions, done);
    expect(done).toEqual([]);
    expect(event.defaultPrevented).toBe(false);
  });

  it('lasts as long as the key is held where that can be let go of', () => {
    cover(false);
    const done: string[] = [];
    pressed(keyEvent(' '), actions, done);
    pressed(keyEvent(' ', { repeat: true }), actions, done);
    release(keyEvent(' ') as unknown as KeyboardEvent, actions, done);
    release(keyEvent('b') as unknown as KeyboardEvent, actions, done);
    expect(done).toEqual(['hold', 'let go']);
    release(null, actions, done);
    expect(done).toEqual(['hold', 'let go', 'let go']);
  });

  it('is left to the element with the focus where that knows what to do with it', () => {
    const owns = (key: string, focused: ReturnType<typeof element>, held: Held = {}): boolean =>
      belongsToElement(keyEvent(key, held), focused);
    const text = element('INPUT', 'search');
    expect(owns('e', text)).toBe(true);
    expect(owns('a', text, { ctrlKey: true })).toBe(true);
    expect(owns('Enter', text, { ctrlKey: true })).toBe(false);
    expect(owns('F1', text)).toBe(false);
    expect(owns('ArrowLeft', element('INPUT', 'range'))).toBe(true);
    expect(owns('e', element('INPUT', 'range'))).toBe(false);
    expect(owns(' ', element('INPUT', 'checkbox'))).toBe(true);
    expect(owns('e', element('INPUT', 'checkbox'))).toBe(false);
    expect(owns(' ', element('BUTTON', '', 'button'))).toBe(true);
    expect(owns('e', element('BUTTON', '', 'button'))).toBe(false);
    expect(owns('Enter', element('DIV'))).toBe(false);
  });
});
