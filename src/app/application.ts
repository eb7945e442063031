import { availableParallelism } from 'node:os';
import type { AppCalls, AppEvents } from '../shared/contract.ts';
import type { PhotoAddress } from '../shared/photo-addresses.ts';
import type { Settings } from '../shared/settings.ts';
import { checkedCalls } from './checked-calls.ts';
import type { Door, SettingsStore } from './door.ts';
import { EngineProcess, type Launcher } from './engine-process.ts';
import { EventFan } from './event-fan.ts';
import { modelFolders, type Folders } from './folders.ts';
import { createHandlers } from './handlers.ts';
import { Library } from './library/library.ts';
import { emptyQueue, plainPixels } from './parts-to-come.ts';
import { PhotoRegister } from './photos/photo-register.ts';
import { SettingsKeeper } from './settings/settings-keeper.ts';
import { SupervisedEngine } from './supervised-engine.ts';

/** The application without a window, as the doors see it. */
export interface Application {
  /** Answers every call of the contract after checking its arguments against `argumentSchemas`. */
  readonly calls: AppCalls;
  /** Tells events to one more interface until the returned function is called. */
  listen(events: AppEvents): () => void;
  /** Pixels for the interface. Rejects with a Problem; an aborted request is forgotten before it costs anything. */
  pixels(address: PhotoAddress, signal: AbortSignal): Promise<PixelAnswer>;
  /** Files and folders that the system, another program or the command line names. */
  openFromOutside(paths: readonly string[], then: 'show' | 'enhance'): Promise<void>;
  /** Stops within seconds; what was running is begun again at the next start. */
  close(): Promise<void>;
}

export interface PixelAnswer {
  readonly type: 'image/webp' | 'image/png';
  readonly bytes: Uint8Array;
}

export interface ApplicationOptions {
  readonly door: Door;
  readonly store: SettingsStore;
  readonly folders: Folders;
  /** Starts engine processes the way the setting `engineProcess` asks for, as far as the door can. */
  readonly launcherFor: (choice: Settings['engineProcess']) => Launcher;
  /** Holds `models/` and `THIRD-PARTY-NOTICES.md`. */
  readonly packageFolder: string;
  readonly version: string;
  /** Such as `de-AT`. */
  readonly systemLanguage: string;
  readonly platform: NodeJS.Platform;
}

/** As many opened folders and files as the settings hold. */
const rememberedRoots = 1000;

/** Puts the application together. Resolves when calls can be answered; opened folders are searched from then on. */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { folders } = options;
  const fan = new EventFan();
  const register = new PhotoRegister();
  const settings = new SettingsKeeper(options.store, (current) => {
    fan.tell('settingsChanged', current);
  });
  const launch = options.launcherFor(settings.current.engineProcess);
  const engineSettings = {
    modelFolders: modelFolders(options.packageFolder),
    cacheFolder: folders.cache,
    temporaryFolder: folders.temporary,
    threads: availableParallelism(),
  };
  const viewer = new EngineProcess({
    launch,
    settings: engineSettings,
    events: { progress: () => undefined, notice: () => undefined },
  });
  const previewer = new SupervisedEngine({ launch, settings: engineSettings, idleSeconds: 30 });
  const library = new Library({
    register,
    settings: () => settings.current,
    isMarked: (path) => viewer.call((calls) => calls.isResult(path)),
    onChanged: (state) => {
      fan.tell('libraryChanged', state);
    },
    onPhotos: (cards) => {
      fan.tell('photosChanged', cards);
    },
    onRoots: (roots) => {
      settings.change({ roots: roots.slice(-rememberedRoots) });
    },
    onArrived: (ids) => {
      if (settings.current.enhanceNewPhotos) void queue.enqueue(library.sources(ids, false), {});
    },
  });
  const queue = emptyQueue;
  const pixels = plainPixels(register, viewer);
  const handlers = createHandlers({
    ...options,
    register,
    settings,
    library,
    queue,
    pixels,
    models: () => viewer.call((calls) => calls.models()),
    devices: () => previewer.devices(),
  });
  await queue.open();
  await library.open(settings.current.roots);

  return {
    calls: checkedCalls(handlers),
    listen: (events) => fan.listen(events),
    pixels: () => pixels.pixels(),
    openFromOutside: async (paths, then) => {
      await library.open(paths);
      fan.tell('navigate', then === 'enhance' ? 'queue' : 'library');
      if (then === 'show') return;
      await library.searched();
      await queue.enqueue();
    },
    close: async () => {
      library.end();
      await Promise.all([queue.close(), pixels.close()]);
      await Promise.all([viewer.close(), previewer.close()]);
    },
  };
}
