import { jobStates, type JobState } from '../../shared/queue.ts';
import { libraryQuerySchema, type LibraryQuery } from '../../shared/library.ts';
import { helpPages, type HelpPage, type Place } from '../../shared/contract.ts';

/** What of the library's query stands in the address. How photos are sorted is a setting. */
export type AddressedQuery = Omit<LibraryQuery, 'sort' | 'descending'>;

/** Where a photo is looked at: the spot in the middle, in 0…1 of its width and height, and device pixels per pixel; null: all of it. */
export interface LookedAt {
  readonly x: number;
  readonly y: number;
  readonly scale: number | null;
}

/**
 * A page with what is seen on it, as it stands in the address behind `#`: *Back*, a reload and a second tab show the same again.
 *
 *     #/library?folder=/p&search=x&at=120&photo=17    from the 120th photo of the list; the keyboard is on photo 17
 *     #/compare/17/DSC_1.jpg?x=0.5&y=0.25&scale=2     numbers are given anew at each start: the name tells whether it is still this photo
 *     #/queue?state=failed
 */
export type Route =
  | { readonly place: 'library'; readonly query: AddressedQuery; readonly at: number; readonly photo: number | null }
  | { readonly place: 'compare'; readonly photo: { readonly id: number; readonly name: string }; readonly view: LookedAt | null }
  | { readonly place: 'queue'; readonly states: readonly JobState[] }
  | { readonly place: 'help'; readonly page: HelpPage }
  | { readonly place: (typeof plainPlaces)[number] };

/** Nothing on them changes what is seen. */
const plainPlaces = ['fleet', 'models', 'settings', 'about'] as const;

const { sort: _, descending: __, ...wholeQuery } = libraryQuerySchema.parse({});

export const libraryRoute: Route = { place: 'library', query: wholeQuery, at: 0, photo: null };

/** The address of a route, from `#` on. What is as usual is left out. */
export function hashOf(route: Route): string {
  const given = new URLSearchParams();
  const path: string[] = [route.place];
  switch (route.place) {
    case 'library':
      writeQuery(route.query, given);
      if (route.at > 0) given.set('at', String(route.at));
      if (route.photo !== null) given.set('photo', String(route.photo));
      break;
    case 'compare':
      path.push(String(route.photo.id), encodeURIComponent(route.photo.name));
      for (const [name, value] of Object.entries(route.view ?? {})) if (value !== null) given.set(name, String(rounded(value as number)));
      break;
    case 'queue':
      for (const state of route.states) given.append('state', state);
      break;
    case 'help':
      path.push(route.page);
      break;
    default:
  }
  return `#/${path.join('/')}${given.size === 0 ? '' : `?${given.toString()}`}`;
}

/** What an address says; the library for whatever says nothing. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [place = '', first = '', second = ''] = path.split('/');
  const given = new URLSearchParams(query);
  switch (place as Place) {
    case 'compare':
      return compareRoute(first, second, given) ?? libraryRoute;
    case 'queue':
      return { place: 'queue', states: jobStates.filter((state) => given.getAll('state').includes(state)) };
    case 'help':
      return { place: 'help', page: helpPages.find((page) => page === first) ?? helpPages[0] };
    default: {
      const plain = plainPlaces.find((each) => each === place);
      if (plain !== undefined) return { place: plain };
      return { place: 'library', query: readQuery(given), at: whole(given.get('at')) ?? 0, photo: whole(given.get('photo')) };
    }
  }
}

/** Whether both are one page: going from one to the other is no step that *Back* undoes. */
export function isSamePage(one: Route, other: Route): boolean {
  if (one.place === 'library' && other.place === 'library') {
    return one.query.folder === other.query.folder && one.query.single === other.query.single;
  }
  if (one.place === 'help' && other.place === 'help') return one.page === other.page;
  return one.place === other.place;
}

function compareRoute(id: string, name: string, given: URLSearchParams): Route | null {
  const number = whole(id);
  if (number === null || name === '') return null;
  const [x, y, scale] = [positive(given.get('x')), positive(given.get('y')), positive(given.get('scale'))];
  const view = x === null || y === null ? null : { x: Math.min(x, 1), y: Math.min(y, 1), scale: scale === 0 ? null : scale };
  return { place: 'compare', photo: { id: number, name: decoded(name) }, view };
}

function writeQuery(query: AddressedQuery, given: URLSearchParams): void {
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const item of value) given.append(name, item);
    else if (value === true) given.set(name, '');
    else if (value !== false && value !== null && value !== '') given.set(name, String(value));
  }
}

function readQuery(given: URLSearchParams): AddressedQuery {
  const { shape } = libraryQuerySchema;
  const query = libraryQuerySchema.parse({});
  const fits = <Name extends keyof AddressedQuery>(name: Name, value: unknown): AddressedQuery[Name] => {
    const read = shape[name].safeParse(value);
    return (read.success ? read.data : query[name]) as AddressedQuery[Name];
  };
  return {
    search: fits('search', given.get('search') ?? ''),
    states: fits('states', given.getAll('states')),
    formats: fits('formats', given.getAll('formats')),
    folder: fits('folder', given.get('folder')),
    single: given.has('single'),
    minMegapixels: fits('minMegapixels', positive(given.get('minMegapixels'))),
    maxMegapixels: fits('maxMegapixels', positive(given.get('maxMegapixels'))),
  };
}

/** Enough for a pixel of the largest photo, and short. */
const rounded = (value: number): number => Number(value.toPrecision(7));

function positive(text: string | null): number | null {
  const value = text === null || text === '' ? NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

const whole = (text: string | null): number | null => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
