import { describe, expect, it } from 'vitest';
import { actions, heardOn } from '../../../../src/renderer/actions/actions.ts';
import { places } from '../../../../src/shared/contract.ts';

const withKeys = (table: Readonly<Record<string, { readonly keys?: readonly string[] | undefined }>>): unknown[] =>
  Object.values(table).filter(({ keys }) => keys !== undefined);
const ofTheLibrary = [...withKeys(actions.library), ...withKeys(actions.photos)];

describe('the table of actions', () => {
  it.each(places)('gives every key one meaning: %s', (place) => {
    const keys = heardOn(place).flatMap((action) => action.keys ?? []);
    expect(keys.length - new Set(keys).size).toBe(0);
  });

  it('lets the library be heard on its own page alone: nothing is enhanced or removed that is not seen', () => {
    expect(ofTheLibrary).toContain(actions.library.enhance);
    expect(ofTheLibrary).toContain(actions.photos.remove);
    expect(heardOn('library')).toEqual([...ofTheLibrary, ...withKeys(actions.window)]);
    for (const place of places.filter((one) => one !== 'library')) {
      expect(heardOn(place).filter((action) => ofTheLibrary.includes(action))).toEqual([]);
    }
  });

  it('lets what is for every page be heard on every page', () => {
    for (const place of places) expect(heardOn(place)).toEqual(expect.arrayContaining(withKeys(actions.window)));
  });
});
