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

interface Command {
  readonly run: (actions: MenuActions) => void;
  readonly accelerator?: string;
}

const show =
  (place: Place): Command['run'] =>
  (actions) =>
    actions.show(place);

const commands: Readonly<Record<Entry, Command>> = {
  openPhotos: { run: (actions) => actions.open('photos'), accelerator: 'CmdOrCtrl+O' },
  openFolder: { run: (actions) => actions.open('folder'), accelerator: 'CmdOrCtrl+Shift+O' },
  settings: { run: show('settings'), accelerator: 'CmdOrCtrl+,' },
  library: { run: show('library'), accelerator: 'CmdOrCtrl+1' },
  queue: { run: show('queue'), accelerator: 'CmdOrCtrl+2' },
  models: { run: show('models'), accelerator: 'CmdOrCtrl+3' },
  pause: { run: (actions) => actions.pause() },
  resume: { run: (actions) => actions.resume() },
  guide: { run: (actions) => actions.openPage('guide') },
  about: { run: show('about') },
  paper: { run: (actions) => actions.openPage('paper') },
};

/** The native menus: every page with its shortcut, and what macOS takes from menus alone (copying, closing, hiding, quitting). */
export function setMenus({ say }: Speaker, actions: MenuActions, developer: boolean): void {
  const mac = process.platform === 'darwin';
  const item = (id: Entry): MenuItemConstructorOptions => {
    const { run, ...shortcut } = commands[id];
    return { id, label: say(`desktop.${id}`), click: () => run(actions), ...shortcut };
  };
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const developerItems: MenuItemConstructorOptions[] = developer ? [line, { role: 'reload' }, { role: 'toggleDevTools' }] : [];

  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: say('desktop.file'),
      submenu: [item('openPhotos'), item('openFolder'), line, item('settings'), line, mac ? { role: 'close' } : { role: 'quit' }],
    },
    { label: say('desktop.edit'), role: 'editMenu' },
    {
      label: say('desktop.view'),
      submenu: [item('library'), item('queue'), item('models'), line, { role: 'togglefullscreen' }, ...developerItems],
    },
    { label: say('desktop.queue'), submenu: [item('pause'), item('resume')] },
    { label: say('desktop.window'), role: 'windowMenu' },
    { label: say('desktop.help'), role: 'help', submenu: [item('guide'), item('about'), item('paper')] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
