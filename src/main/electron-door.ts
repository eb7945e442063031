import { app, dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron';
import type { StartableDoor } from '../app/desktop-actions/desktop-actions.ts';
import { windowsWord, type Launch } from '../app/desktop-actions/launch.ts';
import type { Door } from '../app/door.ts';
import { allowedPages } from '../shared/contract.ts';
import { modelExtensions } from '../shared/model-extensions.ts';
import { photoExtensions } from '../shared/photo-extensions.ts';
import type { Words } from './labels.ts';
import { launchOf } from './launch-command.ts';
import type { QueueSigns } from './queue-signs.ts';

const extensions = Object.keys(photoExtensions);

function dialogFor(kind: Parameters<Door['choose']>[0], words: Words): OpenDialogOptions {
  switch (kind) {
    case 'photos':
      return {
        title: words('openPhotos'),
        properties: ['openFile', 'multiSelections'],
        filters: [{ name: words('photos'), extensions: [...extensions, ...extensions.map((extension) => extension.toUpperCase())] }],
      };
    case 'models':
      return {
        title: words('importModels'),
        properties: ['openFile', 'multiSelections'],
        filters: [{ name: words('models'), extensions: [...modelExtensions] }],
      };
    case 'folder':
      return { title: words('openFolder'), properties: ['openDirectory', 'multiSelections'] };
    case 'output-folder':
      return { title: words('outputFolder'), properties: ['openDirectory', 'createDirectory', 'promptToCreate'] };
  }
}

/** How this application is started by others. */
export const ownLaunch = (): Launch =>
  launchOf({
    ...{ platform: process.platform, execPath: process.execPath, env: process.env },
    packaged: app.isPackaged,
    appPath: app.getAppPath(),
  });

/** How other programs start this door. */
export const startableBy = (launch: Launch): StartableDoor => ({
  launch,
  createShortcut: (path, words) => {
    const args = [...launch.words, ...words].map(windowsWord).join(' ');
    shell.writeShortcutLink(path, { target: launch.program, args, icon: launch.program, iconIndex: 0 });
  },
});

interface ElectronDoorOptions {
  readonly window: () => BrowserWindow | null;
  readonly words: () => Words;
  readonly signs: QueueSigns;
  readonly launch: Launch;
}

/** What Electron can do on a desktop. */
export function electronDoor({ window, words, signs, launch }: ElectronDoorOptions): Door {
  return {
    name: 'electron',
    startable: startableBy(launch),
    choose: async (kind) => {
      const parent = window();
      const options = dialogFor(kind, words());
      const { filePaths } = await (parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options));
      return filePaths;
    },
    showInFolder: async (path) => {
      shell.showItemInFolder(path);
    },
    // Only addresses that are written in the contract ever get here.
    openPage: (page) => shell.openExternal(allowedPages[page]),
    queueChanged: (state, settings) => {
      signs.update(state, settings);
    },
  };
}
