import { app, nativeTheme, type BrowserWindow } from 'electron';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createApplication } from '../app/application.ts';
import { userFolders } from '../app/folders.ts';
import { pageAnswers } from '../app/page-answers.ts';
import type { Place } from '../shared/contract.ts';
import { languageOf, wordsOf } from '../shared/language.ts';
import type { Options } from '../shared/options.ts';
import { problemOf, problemWords } from '../shared/problem.ts';
import { speakerOf, type Speaker } from '../shared/sentence.ts';
import { defaultSettings, type Settings } from '../shared/settings.ts';
import type { Arrival } from './arrivals.ts';
import { ContractPipe } from './contract-pipe.ts';
import { electronDoor, ownLaunch } from './electron-door.ts';
import { engineLauncher } from './engine-launcher.ts';
import { lockDown } from './lock-down.ts';
import { setMenus, type MenuActions } from './menu.ts';
import { answerScheme } from './page-scheme.ts';
import { QueueSigns } from './queue-signs.ts';
import { settingsFile, windowMemory } from './settings-file.ts';
import { smokeTest } from './smoke-test.ts';
import { Updates } from './updates.ts';
import { openWindow } from './window.ts';

export interface Shell {
  /** Brings the window to the front, and back where it was closed. */
  readonly showWindow: () => void;
  /** Is there without being in the way: a minimised window for the progress, unless there is a window. */
  readonly stayAside: () => void;
  /** Shows files and folders, or enhances them aside. */
  readonly takeIn: (paths: readonly string[], enhance: Arrival['enhance']) => void;
  /** Enhances one photo when the page has opened, tells how that went on standard output, and ends the program. */
  readonly smokeTest: (photo: string) => Promise<void>;
}

/**
 * The application with a window around it, which is opened by whoever knows how. Ends the application before Electron quits.
 * @param programs where the built programs are
 */
export async function openShell(programs: string): Promise<Shell> {
  const packageFolder = app.isPackaged ? process.resourcesPath : dirname(programs);
  const systemLanguages = app.getPreferredSystemLanguages();
  const folders = userFolders();
  const memory = windowMemory(folders.state);
  let window: BrowserWindow | null = null;
  let pipe: ContractPipe | null = null;
  let settings: Settings = defaultSettings;
  const speaker = (): Speaker => {
    const language = languageOf(settings.language, systemLanguages);
    return speakerOf(wordsOf(language), language);
  };

  const surroundings = { platform: process.platform, packaged: app.isPackaged, resourcesPath: process.resourcesPath, env: process.env };
  const canUpdate = app.isPackaged && existsSync(join(process.resourcesPath, 'app-update.yml'));
  const signs = new QueueSigns({
    window: () => window,
    speaker,
    showQueue: () => {
      show('queue');
    },
  });
  const door = electronDoor({ window: () => window, speaker, signs, launch: ownLaunch(), updates: canUpdate });
  const application = await createApplication({
    door,
    store: settingsFile(),
    folders,
    launcherFor: (choice) => engineLauncher(choice, programs, surroundings),
    packageFolder,
    version: app.getVersion(),
    systemLanguage: systemLanguages[0] ?? app.getLocale(),
    platform: process.platform,
  });

  const open = (minimised: boolean): void => {
    window = openWindow({ programs, icon: join(packageFolder, 'resources', 'icons', 'icon.png'), memory, minimised });
    pipe = new ContractPipe(application, window.webContents);
    window.once('closed', () => {
      window = null;
      pipe = null;
    });
  };
  const showWindow = (): void => {
    if (window === null) {
      open(false);
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  };
  /** A page that does not listen yet would not be told where to go. */
  const whenOpened = (task: () => unknown): void => {
    pipe?.opened.then(task).catch(console.error);
  };
  const show = (place: Place): void => {
    showWindow();
    whenOpened(() => pipe?.tell?.navigate(place));
  };
  const openFromOutside = (paths: readonly string[]): void => {
    showWindow();
    whenOpened(() => application.openFromOutside(paths));
  };
  const stayAside = (): void => {
    if (window !== null) return;
    open(true);
    whenOpened(() => pipe?.tell?.navigate('queue'));
  };
  const enhanceAside = async (paths: readonly string[], options: Partial<Options>): Promise<void> => {
    stayAside();
    const { say } = speaker();
    try {
      const added = await application.enhanceFromOutside(paths, options);
      const { queue } = await application.calls.app.start();
      if (added === 0) signs.tell(say('desktop.noPhotos'), paths.slice(0, 3).join('\n'));
      else if (queue.activity === 'paused') signs.tell(say('desktop.queuePaused'), say('desktop.waiting', { photos: added }));
    } catch (error) {
      const { title, advice } = problemWords(problemOf(error), speaker());
      signs.tell(title, advice);
    }
  };
  const actions: MenuActions = {
    open: (kind) => {
      const chosen = door.choose(kind).then((paths) => {
        if (paths !== null && paths.length > 0) openFromOutside(paths);
      });
      chosen.catch(console.error);
    },
    show,
    pause: () => {
      application.calls.queue.pause(false).catch(console.error);
    },
    resume: () => {
      application.calls.queue.resume().catch(console.error);
    },
    openPage: (page) => {
      application.calls.desktop.openPage(page).catch(console.error);
    },
  };
  const updates = new Updates();
  const follow = (current: Settings): void => {
    settings = current;
    updates.follow(canUpdate && current.updates);
    nativeTheme.themeSource = settings.theme;
    setMenus(speaker(), actions, !app.isPackaged);
  };

  lockDown();
  answerScheme(pageAnswers(join(programs, 'renderer'), application));
  follow((await application.calls.app.start()).settings);
  application.listen({ settingsChanged: follow });
  endWithElectron(() => application.close());
  app.on('activate', showWindow);
  return {
    showWindow,
    stayAside,
    takeIn: (paths, enhance) => {
      if (enhance === null) openFromOutside(paths);
      else void enhanceAside(paths, enhance);
    },
    smokeTest: async (photo) => {
      await pipe?.opened;
      const report = await smokeTest(application, photo, process.cwd());
      console.log(JSON.stringify(report));
      if (report.state === 'done') app.quit();
      else app.exit(1);
    },
  };
}

/** Electron does not wait for promises when it quits: it is held back until the application has ended. */
function endWithElectron(close: () => Promise<void>): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    void close()
      .catch(console.error)
      .finally(() => {
        state = 'closed';
        app.quit();
      });
  });
}
