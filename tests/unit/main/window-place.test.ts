import { describe, expect, it } from 'vitest';
import { placeWindow } from '../../../src/main/window-place.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const right = { x: 1920, y: 0, width: 1280, height: 1024 };
const place = { x: 100, y: 50, width: 1400, height: 900, maximized: false };

describe('the window', () => {
  it('comes back where it was, on a second screen too', () => {
    expect(placeWindow(place, [screen])).toEqual(place);
    const there = { ...place, x: 2000, width: 1000, maximized: true };
    expect(placeWindow(there, [screen, right])).toEqual(there);
  });

  it('comes back in the middle, as large as it was, when its screen is gone', () => {
    expect(placeWindow({ ...place, x: 2000 }, [screen])).toEqual({ width: 1400, height: 900 });
    expect(placeWindow({ ...place, y: -880 }, [screen])).toEqual({ width: 1400, height: 900 });
  });

  it('is no larger than the largest screen', () => {
    expect(placeWindow({ ...place, width: 5000, height: 4000 }, [screen])).toMatchObject({ width: 1920, height: 1080 });
    expect(placeWindow(undefined, [{ ...screen, width: 1024, height: 700 }])).toEqual({ width: 1024, height: 700 });
  });

  it.each([undefined, null, 'x', {}, { ...place, width: 'wide' }, { ...place, x: 0.5 }, { ...place, width: 10 }])(
    'opens in its first size when what is stored is %j',
    (stored) => expect(placeWindow(stored, [screen])).toEqual({ width: 1280, height: 800 }),
  );
});
