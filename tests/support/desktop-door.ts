import type { ElectronApplication, Page } from 'playwright-core';
import { desktopDoor, type OpenDoor } from './doors.ts';

interface StandIn {
  readonly _standin?: { readonly calls: DesktopCall[]; readonly notifications: { emit(event: 'click'): void }[] };
}
interface DesktopCall {
  readonly name: string;
  readonly words: readonly unknown[];
}

/** What was asked of the desktop; only the stand-in can tell. */
export const desktopCalls = async (electron: ElectronApplication): Promise<DesktopCall[]> =>
  electron.evaluate((modules) => (modules as StandIn)._standin?.calls ?? []);

/** A person chooses an entry of the application's menu. */
export const clickMenu = (electron: ElectronApplication, id: string): Promise<void> =>
  electron.evaluate(({ Menu }, wanted) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
    if (item === null || item === undefined) throw new Error(`There is no menu item ${wanted}.`);
    (item.click as () => void)();
  }, id);

/** A person clicks on the last notification. */
export const clickNotification = async (electron: ElectronApplication): Promise<void> =>
  electron.evaluate((modules) => {
    (modules as StandIn)._standin?.notifications.at(-1)?.emit('click');
  });

interface Bridged {
  readonly onestep: { readonly channel: { post(message: unknown): void } };
}

/** Says something to the main process as the page could. */
export const post = (page: Page, message: unknown): Promise<void> =>
  page.evaluate((said) => (globalThis as unknown as Bridged).onestep.channel.post(said), message);

export async function openDesktop(
  options: Parameters<typeof desktopDoor.open>[0] = {},
): Promise<OpenDoor & { readonly electron: ElectronApplication }> {
  const door = await desktopDoor.open(options);
  if (door.electron === null) throw new Error('This door has no Electron behind it.');
  return { ...door, electron: door.electron };
}
