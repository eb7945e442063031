import { notifications } from './desktop.ts';
import { calls } from './recorded.ts';

/**
 * The module `electron` of the main process. What is not here is undefined on purpose: a product that begins to need it fails
 * loudly, and the conformance check keeps everything here from being invented.
 */
export { app } from './app.ts';
export { BrowserWindow } from './browser-window.ts';
export { dialog, Notification, powerSaveBlocker, screen, shell } from './desktop.ts';
export { ipcMain } from './ipc.ts';
export { Menu, MenuItem } from './menu.ts';
export { nativeTheme } from './native-theme.ts';
export { MessageChannelMain } from './ports.ts';
import { defaultSession } from './session.ts';
export { session } from './session.ts';
export { utilityProcess } from './utility-process.ts';
export { webContents } from './web-contents.ts';

export const { protocol } = defaultSession;
/** For tests: what was asked of the desktop, and what it shows. Not part of Electron. */
export const _standin = { calls, notifications };
