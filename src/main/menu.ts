import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { Page, Place } from '../shared/contract.ts';
import type { Speaker } from '../shared/sentence.ts';

type Entry = 'openPhotos' | 'openFolder' | 'settings' | 'library' | 'queue' | 'models' | 'pause' | 'resume' | 'guide' | 'about' | 'paper';

/** What the menus do. */
export interface MenuActions {
  open(kind: 'photos' | 'folder'): void;
  show(place: Place): void;
  pause(): void;
  resume(): void;
  openPage(page: Page): void;
}

/** The native menus: every page with its shortcut, and what macOS takes from menus alone (copying, closing, hiding, quitting). */
export function setMenus({ say }: Speaker, actions: MenuActions, developer: boolean): void {
  const mac = process.platform === 'darwin';
  const item = (id: Entry, click: () => void, accelerator?: string): MenuItemConstructorOptions => ({
    id,
    label: say(`desktop.${id}`),
    click,
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const place = (name: Place & Entry, accelerator?: string): MenuItemConstructorOptions =>
    item(
      name,
      () => {
        actions.show(name);
      },
      accelerator,
    );
  const call = (name: 'pause' | 'resume'): MenuItemConstructorOptions =>
    item(name, () => {
      actions[name]();
    });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const developerItems: MenuItemConstructorOptions[] = developer ? [line, { role: 'reload' }, { role: 'toggleDevTools' }] : [];

  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: say('desktop.file'),
      submenu: [
        item(
          'openPhotos',
          () => {
            actions.open('photos');
          },
          'CmdOrCtrl+O',
        ),
        item(
          'openFolder',
          () => {
            actions.open('folder');
          },
          'CmdOrCtrl+Shift+O',
        ),
        line,
        place('settings', 'CmdOrCtrl+,'),
        line,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { label: say('desktop.edit'), role: 'editMenu' },
    {
      label: say('desktop.view'),
      submenu: [
        place('library', 'CmdOrCtrl+1'),
        place('queue', 'CmdOrCtrl+2'),
        place('models', 'CmdOrCtrl+3'),
        line,
        { role: 'togglefullscreen' },
        ...developerItems,
      ],
    },
    { label: say('desktop.queue'), submenu: [call('pause'), call('resume')] },
    { label: say('desktop.window'), role: 'windowMenu' },
    {
      label: say('desktop.help'),
      role: 'help',
      submenu: [
        item('guide', () => {
          actions.openPage('guide');
        }),
        place('about'),
        item('paper', () => {
          actions.openPage('paper');
        }),
      ],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
