import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { desktopDoor } from '../support/doors.ts';
import { keepScreenshot } from '../support/page-actions.ts';
import { writePicture } from '../support/programs.ts';
import { needs } from '../support/needs.ts';

/** A display that nobody sees. */
async function openDisplay(): Promise<string> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill());
  const number = await new Promise<string>((resolve, reject) => {
    child.stdio[3]?.once('data', (text: Buffer) => resolve(text.toString().trim()));
    child.once('error', reject);
  });
  return `:${number}`;
}

it(`${desktopDoor.name} opens a real window on a display`, needs(...desktopDoor.needs, 'display'), async () => {
  const { page, electron, folder } = await desktopDoor.open({ env: { DISPLAY: await openDisplay(), STANDIN_HEADED: '1' } });
  const photo = await writePicture(`${folder}/photo.png`, 200, 150);
  await electron?.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
  }, photo);
  await page.getByRole('button', { name: 'Open folder …' }).first().click();
  await page.getByRole('option', { name: 'photo.png 200 × 150' }).waitFor();
  expect(await page.evaluate(() => document.visibilityState)).toBe('visible');
  expect(await page.evaluate(() => navigator.userAgent)).not.toContain('Headless');
  await keepScreenshot(page, 'headed library');
});
