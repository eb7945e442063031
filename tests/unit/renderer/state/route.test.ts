import { describe, expect, it } from 'vitest';
import { hashOf, isSamePage, libraryRoute, routeOf, type Route } from '../../../../src/renderer/state/route.ts';
import { helpPages, places } from '../../../../src/shared/contract.ts';

const library = (more: object, at = 0, photo: number | null = null): Route => ({
  place: 'library',
  query: { ...(libraryRoute as Extract<Route, { place: 'library' }>).query, ...more },
  at,
  photo,
});

const routes: Route[] = [
  libraryRoute,
  library(
    { search: 'a b&c=#/ü', states: ['failed', 'done'], formats: ['jpeg'], folder: '/p/a b', minMegapixels: 2, maxMegapixels: 12 },
    120,
    17,
  ),
  library({ single: true }),
  { place: 'compare', photo: { id: 17, name: 'a/b #1 100%.jpg' }, view: null },
  { place: 'compare', photo: { id: 0, name: 'ü.jpg' }, view: { x: 0.25, y: 0.5, scale: null } },
  { place: 'compare', photo: { id: 3, name: 'x' }, view: { x: 0.1234567, y: 1, scale: 2 } },
  { place: 'queue', states: [] },
  { place: 'queue', states: ['failed', 'cancelled'] },
  ...helpPages.map((page): Route => ({ place: 'help', page })),
  { place: 'fleet' },
  { place: 'models' },
  { place: 'settings' },
  { place: 'about' },
];

describe('an address', () => {
  it.each(routes)('says all of %j', (route) => {
    expect(routeOf(hashOf(route))).toEqual(route);
  });

  it('has a form for every page', () => {
    expect(new Set(routes.map(({ place }) => place))).toEqual(new Set(places));
  });

  it('is short where there is nothing to say', () => {
    expect(hashOf(libraryRoute)).toBe('#/library');
    expect(hashOf({ place: 'queue', states: [] })).toBe('#/queue');
  });

  it.each([
    ['', libraryRoute],
    ['#', libraryRoute],
    ['#/nowhere', libraryRoute],
    ['#/compare', libraryRoute],
    ['#/compare/x/y', libraryRoute],
    ['#/compare/1/%E0%A4%A', { place: 'compare', photo: { id: 1, name: '%E0%A4%A' }, view: null }],
    ['#/library?at=-1&photo=x&states=odd&minMegapixels=lots', libraryRoute],
    ['#/queue?state=odd', { place: 'queue', states: [] }],
    ['#/help/odd', { place: 'help', page: 'index' }],
  ])('that is odd (%s) shows what there is', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });
});

it('is of another page where Back should lead to the one before', () => {
  expect(isSamePage(library({ search: 'a' }, 5), library({}, 7))).toBe(true);
  expect(isSamePage(library({ folder: '/a' }), library({ folder: '/b' }))).toBe(false);
  expect(isSamePage(library({}), { place: 'queue', states: [] })).toBe(false);
  expect(isSamePage({ place: 'help', page: 'index' }, { place: 'help', page: 'cuda' })).toBe(false);
});
