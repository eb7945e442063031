import { dirname } from 'node:path';
import open from 'open';
import type { Door } from '../app/door.ts';

/** Whether there is a desktop on which something could be opened. */
export const hasDesktop = (platform: NodeJS.Platform = process.platform, env: NodeJS.ProcessEnv = process.env): boolean =>
  platform !== 'linux' || [env.DISPLAY, env.WAYLAND_DISPLAY, env.WSL_DISTRO_NAME].some((value) => value !== undefined && value !== '');

/** Opens an address or a folder with the program that the person has chosen for it; does nothing where there is no desktop. */
export async function openOnDesktop(target: string): Promise<void> {
  if (!hasDesktop()) return;
  const child = await open(target);
  // No program for it: the address is printed as well.
  child.on('error', () => undefined);
}

/** The browser's door has no dialogs of its own; the interface shows a chooser instead. */
export const browserDoor: Door = {
  name: 'browser',
  desktop: hasDesktop(),
  updates: false,
  choose: async () => null,
  startable: null,
  showInFolder: (path) => openOnDesktop(dirname(path)),
  openPage: openOnDesktop,
  queueChanged: () => undefined,
};
