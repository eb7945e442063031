import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const screenshotFolder = join(import.meta.dirname, '../../reports/screenshots');

/** Keeps how the page looks, for people to look at after the tests. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshotFolder, { recursive: true });
  await page.screenshot({ path: join(screenshotFolder, `${name.replaceAll(/[^\w-]+/g, '-')}.png`) });
}

/** Goes to a page of the interface through its sidebar. */
export const goTo = (page: Page, place: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: place }).click();

/** Presses a button with the keyboard once it can be: a key on one that is disabled does nothing, and Playwright does not wait. */
export async function pressButton(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true, disabled: false }).press('Enter');
}

/** Drags files and folders from the desktop into the middle of the page and lets go; `meanwhile` is what happens to the page just before. */
export async function dropFiles(page: Page, files: string[], meanwhile?: () => Promise<void>): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  const place = { x: Math.round(width / 2), y: Math.round(height / 2) };
  const drag = (type: 'dragEnter' | 'dragOver' | 'drop'): Promise<unknown> =>
    client.send('Input.dispatchDragEvent', { type, ...place, data: { items: [], files, dragOperationsMask: 1 } });
  await drag('dragEnter');
  await drag('dragOver');
  // As a person does, who lets go when the page shows that it takes them.
  await page.locator('.veil').waitFor();
  if (meanwhile !== undefined) {
    await meanwhile();
    await drag('dragOver');
  }
  await drag('drop');
  await client.detach();
}

/** Copies a picture, as another program would, and pastes it. */
export async function pastePicture(page: Page, png: Buffer): Promise<void> {
  const client = await page.context().newCDPSession(page);
  await client.send('Browser.grantPermissions', { permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'] });
  await client.detach();
  await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (letter) => letter.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
  })()`);
  await page.keyboard.press('ControlOrMeta+v');
}

/**
 * Returns when the colours of what is seen of the page have gone over into those that it has now. What is folded away does not go on, and
 * would be waited for in vain.
 */
export const transitionsOver = (page: Page): Promise<unknown> =>
  page.evaluate(
    'Promise.allSettled(document.getAnimations().map((one) => one instanceof CSSTransition && one.effect.target.checkVisibility() && one.finished))',
  );
