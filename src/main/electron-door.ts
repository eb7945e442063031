import { app, dialog, shell, type BrowserWindow, type FileFilter, type OpenDialogOptions } from 'electron';
import type { StartableDoor } from '../app/desktop-actions/desktop-actions.ts';
import { windowsWord, type Launch } from '../app/desktop-actions/launch.ts';
import type { Door } from '../app/door.ts';
import { isOnTheWeb } from '../app/page-target.ts';
import { modelExtensions } from '../shared/model-extensions.ts';
import { photoExtensions } from '../shared/photo-extensions.ts';
import { Problem } from '../shared/problem.ts';
import { sentence, type Speaker } from '../shared/sentence.ts';
import { launchOf } from './launch-command.ts';
import type { QueueSigns } from './queue-signs.ts';

const extensions = Object.keys(photoExtensions);

const photoFilter = ({ say }: Speaker): FileFilter => ({
  name: say('desktop.photos'),
  extensions: [...extensions, ...extensions.map((extension) => extension.toUpperCase())],
});

function dialogFor(kind: Parameters<Door['choose']>[0], speaker: Speaker): OpenDialogOptions {
  const { say } = speaker;
  switch (kind) {
    case 'photos':
      return {
        title: say('desktop.openPhotos'),
        properties: ['openFile', 'multiSelections'],
        filters: [photoFilter(speaker)],
      };
    case 'reference':
      return { title: say('desktop.openReference'), properties: ['openFile'], filters: [photoFilter(speaker)] };
    case 'reference-folder':
      return { title: say('desktop.referenceFolder'), properties: ['openDirectory'] };
    case 'models':
      return {
        title: say('desktop.importModels'),
        properties: ['openFile', 'multiSelections'],
        filters: [{ name: say('desktop.models'), extensions: [...modelExtensions] }],
      };
    case 'model-folder':
      return { title: say('desktop.modelFolder'), properties: ['openDirectory'] };
    case 'folder':
      return { title: say('desktop.openFolder'), properties: ['openDirectory', 'multiSelections'] };
    case 'certificate':
      return { title: say('fleet.certificate.choose'), properties: ['openFile'] };
    case 'shared-folder':
      return { title: say('fleet.folder.choose'), properties: ['openDirectory'] };
    case 'output-folder':
      return { title: say('desktop.outputFolder'), properties: ['openDirectory', 'createDirectory', 'promptToCreate'] };
  }
}

/** How this application is started by others. */
export const ownLaunch = (): Launch =>
  launchOf({
    platform: process.platform,
    execPath: process.execPath,
    env: process.env,
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
  readonly speaker: () => Speaker;
  readonly signs: QueueSigns;
  readonly launch: Launch;
  /** See {@link Door.updates}. */
  readonly updates: boolean;
}

/** What Electron can do on a desktop. */
export function electronDoor({ window, speaker, signs, launch, updates }: ElectronDoorOptions): Door {
  return {
    name: 'electron',
    desktop: true,
    updates,
    startable: startableBy(launch),
    choose: async (kind) => {
      const parent = window();
      const options = dialogFor(kind, speaker());
      const { filePaths } = await (parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options));
      return filePaths;
    },
    showInFolder: async (path) => {
      shell.showItemInFolder(path);
    },
    // Only addresses and files that are written in the contract ever get here.
    openPage: async (target) => {
      if (isOnTheWeb(target)) return shell.openExternal(target);
      const complaint = await shell.openPath(target);
      if (complaint !== '') throw new Problem('not-found', sentence('help.notOpened'), { detail: `${target}: ${complaint}` });
    },
    queueChanged: (state, settings) => {
      signs.update(state, settings);
    },
  };
}
