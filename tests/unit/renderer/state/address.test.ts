import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Address, type AddressBar } from '../../../../src/renderer/state/address.ts';
import { libraryRoute, type Route } from '../../../../src/renderer/state/route.ts';

/** A browser's history. */
function history(...entries: string[]): AddressBar & { readonly entries: string[]; press: () => void } {
  let at = entries.length - 1;
  let hear: () => void = () => undefined;
  return {
    entries,
    get hash() {
      return entries[at] ?? '';
    },
    get canGoBack() {
      return at > 0;
    },
    push: (hash) => {
      at += 1;
      entries.splice(at, entries.length, hash);
    },
    replace: (hash) => {
      entries[at] = hash;
    },
    back: () => {
      at -= 1;
      hear();
    },
    press() {
      this.back();
    },
    listen: (heard) => {
      hear = heard;
    },
  };
}

type In<Place> = Extract<Route, { readonly place: Place }>;
const library = libraryRoute as In<'library'>;
const compared: In<'compare'> = { place: 'compare', photo: { id: 1, name: 'a.jpg' }, view: null };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('gives each page an entry of the history, with what was seen last on it', async () => {
  const bar = history('');
  const shown: Route[] = [];
  const address = new Address(bar, async (route) => {
    shown.push(route);
  });
  await address.follow();
  address.tell(libraryRoute);
  for (let at = 1; at <= 50; at += 1) address.tell({ ...library, at });
  // A scroll that has not come to rest belongs to the page that is left.
  address.tell(compared);
  expect(bar.entries).toEqual(['#/library?at=50', '#/compare/1/a.jpg']);
  address.tell({ ...compared, view: { x: 0.5, y: 0.5, scale: 1 } });
  expect(bar.hash).toBe('#/compare/1/a.jpg');
  vi.runAllTimers();
  expect(bar.hash).toBe('#/compare/1/a.jpg?x=0.5&y=0.5&scale=1');
  bar.press();
  expect(shown.at(-1)).toEqual({ ...library, at: 50 });
});

it('writes nothing while it shows what an address says', async () => {
  const bar = history('#/library', '#/settings');
  let meanwhile: () => void = () => undefined;
  const address = new Address(bar, async () => meanwhile());
  meanwhile = () => address.tell({ place: 'settings' });
  address.back();
  await vi.runAllTimersAsync();
  expect(bar.entries).toEqual(['#/library', '#/settings']);
});
