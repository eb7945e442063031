import { describe, expect, it } from 'vitest';
import { actions, heardOn } from '../../../../src/renderer/actions/actions.ts';
import { places } from '../../../../src/shared/contract.ts';

const enhances = Object.values({ ...actions.library, ...actions.photos }).filter(({ words }) => words === 'menu.enhance');

describe('the table of actions', () => {
  it.each(places)('gives every key one meaning: %s', (place) => {
    const keys = heardOn(place).flatMap((action) => action.keys ?? []);
    expect(keys.length - new Set(keys).size).toBe(0);
  });

  it('lets the library be heard on its own page alone: nothing is enhanced that is not seen', () => {
    expect(enhances.length).toBeGreaterThan(0);
    const own = [...Object.values(actions.library), ...Object.values(actions.photos)];
    for (const place of places) {
      const heard = heardOn(place).filter((action) => own.some((one) => one === action));
      expect(heard.length > 0, place).toBe(place === 'library');
    }
  });

  it('lets what is for every page be heard on every page', () => {
    for (const place of places) expect(heardOn(place)).toEqual(expect.arrayContaining(Object.values(actions.window)));
  });
});
