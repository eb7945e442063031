import type { AppUpdater } from 'electron-updater';

type Updater = Pick<AppUpdater, 'checkForUpdatesAndNotify' | 'requestHeaders'>;

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** electron-updater would send a number that it makes up for this installation and keeps; nobody is to be told apart by it. */
const requestHeaders = { 'x-user-staging-id': '00000000-0000-0000-0000-000000000000' };

/**
 * Looks for a newer version while the setting `updates` asks for it: at once and once a day. What it finds is downloaded, told, and
 * installed when the program ends. While the setting is off, the code that could ask is not even loaded.
 */
export class Updates {
  readonly #load: () => Promise<Updater>;
  #timer: NodeJS.Timeout | null = null;

  constructor(load: () => Promise<Updater> = loadUpdater) {
    this.#load = load;
  }

  follow(wanted: boolean): void {
    if (wanted === (this.#timer !== null)) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = wanted ? setInterval(() => void this.#look(), dayMilliseconds).unref() : null;
    if (wanted) void this.#look();
  }

  async #look(): Promise<void> {
    try {
      const updater = await this.#load();
      updater.requestHeaders = requestHeaders;
      await updater.checkForUpdatesAndNotify();
    } catch (error) {
      // No connection is no news; tomorrow it is tried again.
      console.error(error);
    }
  }
}

async function loadUpdater(): Promise<Updater> {
  const { default: module } = await import('electron-updater');
  return module.autoUpdater;
}
