import { BrowserWindow, nativeTheme, screen } from 'electron';
import { join } from 'node:path';
import { pageAddress } from './page-scheme.ts';
import type { Memory } from './settings-file.ts';
import { placeWindow, smallestWindow } from './window-place.ts';

interface WindowOptions {
  /** Where preload.cjs lies. */
  readonly programs: string;
  /** Of the window itself, where the system takes it from there (Linux). */
  readonly icon: string;
  readonly memory: Memory;
  /** Without taking the keyboard from anybody: the window shows itself when it is restored. */
  readonly minimised: boolean;
}

/** Opens the window where it was last time, and shows it when there is something to see. */
export function openWindow({ programs, icon, memory, minimised }: WindowOptions): BrowserWindow {
  const { maximized, ...bounds } = placeWindow(
    memory.windowPlace(),
    screen.getAllDisplays().map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    title: 'Onestep',
    icon,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#121212' : '#fafafa',
    webPreferences: {
      preload: join(programs, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  if (minimised) {
    window.minimize();
    window.once('restore', () => {
      if (maximized === true) window.maximize();
    });
  } else {
    window.once('ready-to-show', () => {
      if (maximized === true) window.maximize();
      window.show();
    });
  }
  window.on('close', () => {
    // One that is minimised does not know whether it was maximised.
    if (!window.isMinimized()) memory.rememberWindowPlace({ ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  void window.loadURL(pageAddress);
  return window;
}
