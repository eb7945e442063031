/* global document -- in the page */
/** What benchmarks of the interface share: a library on the disk, the browser door over it, a browser. */
import { spawn } from 'node:child_process';
import { link, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { makePhoto } from './photos.ts';

const different = 20;
const perFolder = 1000;

/** So many photos, each a link to one of a few files: the same work to find and to decode, on little disk. Answers their folder. */
export async function linkedLibrary(folder, count) {
  const originals = join(folder, 'originals');
  const library = join(folder, 'library');
  await mkdir(originals, { recursive: true });
  for (let number = 0; number < different; number += 1) await makePhoto(join(originals, `${number}.jpg`), 640, 427 + number);
  for (let from = 0; from < count; from += perFolder) {
    const place = join(library, `roll ${String(from / perFolder + 1).padStart(2, '0')}`);
    await mkdir(place, { recursive: true });
    for (let number = from; number < Math.min(from + perFolder, count); number += 1) {
      await link(join(originals, `${number % different}.jpg`), join(place, `DSC_${String(number).padStart(5, '0')}.jpg`));
    }
  }
  return library;
}

/** @param folder that keeps cache, state and settings @param root of the built programs */
export async function openDoor(folder, library, root = join(import.meta.dirname, '..', '..')) {
  const places = { ONESTEP_CACHE: 'cache', ONESTEP_STATE: 'state', ONESTEP_SETTINGS: 'settings' };
  const env = { ...process.env, ...Object.fromEntries(Object.entries(places).map(([name, place]) => [name, join(folder, place)])) };
  const child = spawn(process.execPath, [join(root, 'out', 'web.js'), '--no-open', library], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [found] = /http:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error('The browser door did not open.')));
  });
  const close = async () => {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  };
  return { address, close };
}

export const launchBrowser = () =>
  chromium.launch({
    executablePath: process.env.ONESTEP_CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });

/** Runs in the page: whether every cell in view shows its picture. */
export const screenIsFull = () => {
  const grid = document.querySelector('[role=listbox]');
  if (grid === null) return false;
  const { top, bottom } = grid.getBoundingClientRect();
  const inView = [...grid.querySelectorAll('[role=option]')].filter((cell) => {
    const box = cell.getBoundingClientRect();
    return box.bottom > top && box.top < bottom;
  });
  return inView.length > 0 && inView.every((cell) => (cell.querySelector('img')?.naturalWidth ?? 0) > 0);
};
