import { app, nativeTheme } from 'electron';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createApplication, type Application } from '../app/application.ts';
import type { Door } from '../app/door.ts';
import { BroughtFiles } from '../app/dropped-files.ts';
import { usableFolders, userFolders } from '../app/folders.ts';
import { picturesFolder } from '../app/library/disk/places.ts';
import { pageAnswers } from '../app/page-answers.ts';
import { languageOf, wordsOf } from '../shared/language.ts';
import type { Options } from '../shared/options.ts';
import { problemOf, problemWords } from '../shared/problem.ts';
import { english, speakerOf, type Speaker } from '../shared/sentence.ts';
import { defaultSettings, type Settings } from '../shared/settings.ts';
import type { Arrival } from './arrivals.ts';
import { electronDoor, ownLaunch } from './electron-door.ts';
import { engineLauncher } from './engine-launcher.ts';
import { lockDown } from './lock-down.ts';
import { setMenus, type MenuActions } from './menu.ts';
import { PageWindow } from './page-window.ts';
import { answerScheme } from './page-scheme.ts';
import { QueueSigns } from './queue-signs.ts';
import { settingsFile, windowMemory } from './settings-file.ts';
import { smokeTest } from './smoke-test.ts';
import { Updates } from './updates.ts';

/**
 * The application with a window around it, which is opened by whoever knows how. Ends the application before Electron quits.
 * @param programs where the built programs are
 */
export async function openShell(programs: string): Promise<Shell> {
  const packageFolder = app.isPackaged ? process.resourcesPath : dirname(programs);
  const icon = join(packageFolder, 'resources', 'icons', 'icon.png');
  const systemLanguages = app.getPreferredSystemLanguages();
  const { folders, told } = usableFolders(userFolders());
  for (const what of told) console.error(english.tell(what));
  const voice = new Voice(systemLanguages);
  const page = new PageWindow({ programs, icon, memory: windowMemory(folders.state) });
  const signs = new QueueSigns({
    window: () => page.window,
    speaker: () => voice.speaker,
    showQueue: () => {
      page.showPlace('queue');
    },
  });
  const updates = app.isPackaged && existsSync(join(process.resourcesPath, 'app-update.yml'));
  const door = electronDoor({ window: () => page.window, speaker: () => voice.speaker, signs, launch: ownLaunch(), updates });
  const surroundings = { platform: process.platform, packaged: app.isPackaged, resourcesPath: process.resourcesPath, env: process.env };
  const application = await createApplication({
    door,
    store: settingsFile(),
    folders,
    launcherFor: (choice) => engineLauncher(choice, programs, surroundings),
    loadFleet: async () => (await import('../fleet/fleet.ts')).fleetProgram,
    packageFolder,
    version: app.getVersion(),
    systemLanguage: systemLanguages[0] ?? app.getLocale(),
    platform: process.platform,
  });
  page.serve(application);
  const shell = new Shell({ application, page, door, signs, voice });
  lockDown();
  const pictures = process.env.ONESTEP_DROPPED ?? join(await picturesFolder(process.platform), 'Onestep');
  const brought = new BroughtFiles({ droppedFolder: pictures, droppedModelsFolder: join(folders.cache, 'dropped-models') });
  answerScheme(pageAnswers(join(programs, 'renderer'), application), brought);
  await shell.followSettings();
  endWithElectron(() => application.close());
  app.on('activate', () => {
    page.show();
  });
  return shell;
}

/** Speaks the language of menus and dialogs. */
class Voice {
  speaker: Speaker;
  readonly #systemLanguages: readonly string[];

  constructor(systemLanguages: readonly string[]) {
    this.#systemLanguages = systemLanguages;
    this.speaker = this.#speaking(defaultSettings);
  }

  follow(settings: Settings): void {
    this.speaker = this.#speaking(settings);
  }

  #speaking(settings: Settings): Speaker {
    const language = languageOf(settings.language, this.#systemLanguages);
    return speakerOf(wordsOf(language), language);
  }
}

interface ShellParts {
  readonly application: Application;
  readonly page: PageWindow;
  readonly door: Door;
  readonly signs: QueueSigns;
  readonly voice: Voice;
}

/** What starts of the program, the menu and the settings ask of the desktop. */
export class Shell {
  readonly #parts: ShellParts;
  readonly #updates = new Updates();

  constructor(parts: ShellParts) {
    this.#parts = parts;
  }

  showWindow(): void {
    this.#parts.page.show();
  }

  stayAside(): void {
    this.#parts.page.stayAside();
  }

  /** Shows files and folders, or enhances them aside. */
  takeIn(paths: readonly string[], enhance: Arrival['enhance']): void {
    if (enhance === null) this.#openFromOutside(paths);
    else void this.#enhanceAside(paths, enhance);
  }

  /** Enhances one photo when the page has opened, tells how that went on standard output, and ends the program. */
  async smokeTest(photo: string): Promise<void> {
    const { application, page } = this.#parts;
    await page.opened();
    const report = await smokeTest(application, photo, process.cwd());
    console.log(JSON.stringify(report));
    if (report.state === 'done') app.quit();
    else app.exit(1);
  }

  /** Does what the settings say, now and from now on. */
  async followSettings(): Promise<void> {
    const { application } = this.#parts;
    this.#follow((await application.calls.app.start()).settings);
    application.listen({
      settingsChanged: (settings) => {
        this.#follow(settings);
      },
    });
  }

  #follow(settings: Settings): void {
    const { door, voice } = this.#parts;
    voice.follow(settings);
    this.#updates.follow(door.updates && settings.updates);
    nativeTheme.themeSource = settings.theme;
    setMenus(voice.speaker, this.#menuActions(), !app.isPackaged);
  }

  #menuActions(): MenuActions {
    const { application, page, door } = this.#parts;
    return {
      open: (kind) => {
        const chosen = door.choose(kind).then((paths) => {
          if (paths !== null && paths.length > 0) this.#openFromOutside(paths);
        });
        chosen.catch(console.error);
      },
      show: (place) => {
        page.showPlace(place);
      },
      pause: () => {
        application.calls.queue.pause(false).catch(console.error);
      },
      resume: () => {
        application.calls.queue.resume().catch(console.error);
      },
      openPage: (target) => {
        application.calls.desktop.openPage(target).catch(console.error);
      },
    };
  }

  #openFromOutside(paths: readonly string[]): void {
    const { application, page } = this.#parts;
    page.show();
    page.whenOpened(() => application.openFromOutside(paths));
  }

  async #enhanceAside(paths: readonly string[], options: Partial<Options>): Promise<void> {
    const { application, page, signs, voice } = this.#parts;
    page.stayAside();
    const { say } = voice.speaker;
    try {
      const added = await application.enhanceFromOutside(paths, options);
      const { queue } = await application.calls.app.start();
      if (added === 0) signs.tell(say('desktop.noPhotos'), paths.slice(0, 3).join('\n'));
      else if (queue.activity === 'paused') signs.tell(say('desktop.queuePaused'), say('desktop.waiting', { photos: added }));
    } catch (error) {
      const { title, advice } = problemWords(problemOf(error), voice.speaker);
      signs.tell(title, advice);
    }
  }
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
