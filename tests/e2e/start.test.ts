import { describe, expect, it } from 'vitest';
import { doors } from '../support/doors.ts';

describe.each(doors)('$name', ({ open, missing }) => {
  it.skipIf(missing !== null)('opens, and its page is connected', async () => {
    const door = await open();
    await door.page.getByRole('heading', { name: 'Larger, clearer photos' }).waitFor();
    expect(await door.page.title()).toBe('Onestep');
    expect(door.complaints).toEqual([]);
  });
});
