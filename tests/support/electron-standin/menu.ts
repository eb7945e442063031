import { EventEmitter } from 'node:events';
import type { MenuItemConstructorOptions } from 'electron';
import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import { record } from './recorded.ts';

type Template = readonly (MenuItemConstructorOptions | MenuItem)[];

/** An item of a menu that is never drawn: tests click it. */
export class MenuItem {
  readonly id: string;
  readonly label: string;
  readonly role: string | undefined;
  readonly type: string;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  readonly click: () => void;

  constructor(options: MenuItemConstructorOptions) {
    const { id = '', label = '', role, type, accelerator, submenu, enabled = true, visible = true, checked = false, click } = options;
    this.id = id;
    this.label = label;
    this.role = role;
    this.type = type ?? (submenu === undefined ? 'normal' : 'submenu');
    this.accelerator = accelerator;
    this.submenu = Array.isArray(submenu) ? Menu.buildFromTemplate(submenu) : undefined;
    this.enabled = enabled;
    this.visible = visible;
    this.checked = checked;
    this.click = () => {
      if (click !== undefined)
        (click as unknown as (item: MenuItem, window: BrowserWindow | null) => void)(this, BrowserWindow.getFocusedWindow());
      else if (role === 'quit') app.quit();
      else if (role === 'close') BrowserWindow.getFocusedWindow()?.close();
      else record(`MenuItem.role.${role}`);
    };
  }
}

export class Menu extends EventEmitter {
  static #application: Menu | null = null;
  readonly items: MenuItem[] = [];

  static buildFromTemplate(template: Template): Menu {
    const menu = new Menu();
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item));
    return menu;
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
    record('Menu.setApplicationMenu', menu !== null);
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }

  append(item: MenuItem): void {
    this.items.push(item);
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found !== undefined && found !== null) return found;
    }
    return null;
  }
}
