import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { Page, Place } from '../shared/contract.ts';
import type { Words } from './labels.ts';

/** What the menus do. */
export interface MenuActions {
  open(kind: 'photos' | 'folder'): void;
  show(place: Place): void;
  pause(): void;
  resume(): void;
  openPage(page: Page): void;
}

/** The native menus: every page with its shortcut, and what macOS takes from menus alone (copying, closing, hiding, quitting). */
export function setMenus(words: Words, actions: MenuActions, developer: boolean): void {
  const mac = process.platform === 'darwin';
  const item = (id: Parameters<Words>[0], click: () => void, accelerator?: string): MenuItemConstructorOptions => ({
    id,
    label: words(id),
    click,
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const place = (name: Place & Parameters<Words>[0], accelerator?: string): MenuItemConstructorOptions =>
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
      label: words('file'),
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
    { label: words('edit'), role: 'editMenu' },
    {
      label: words('view'),
      submenu: [
        place('library', 'CmdOrCtrl+1'),
        place('queue', 'CmdOrCtrl+2'),
        place('models', 'CmdOrCtrl+3'),
        line,
        { role: 'togglefullscreen' },
        ...developerItems,
      ],
    },
    { label: words('queue'), submenu: [call('pause'), call('resume')] },
    { label: words('window'), role: 'windowMenu' },
    {
      label: words('help'),
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
