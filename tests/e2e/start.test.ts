import { describe, expect, it } from 'vitest';
import { doors } from '../support/doors.ts';
import { keepScreenshot } from '../support/page-actions.ts';
import { needs } from '../support/needs.ts';

describe.each(doors)('$name', ({ name: doorName, open, needs: all }) => {
  it('opens, says what it is for, and shows its pages', needs(...all), async () => {
    const { page, complaints } = await open();
    await page.getByRole('heading', { name: 'Larger, clearer photos' }).waitFor();
    await keepScreenshot(page, `${doorName} 0 welcome`);
    expect(await page.title()).toBe('Onestep');
    await page.getByRole('button', { name: 'Look around first' }).click();
    for (const place of ['Queue', 'Models', 'Settings', 'About', 'Library']) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: place }).click();
      await page.getByRole('main').waitFor();
    }
    expect(complaints).toEqual([]);
  });
});
