import sharp from 'sharp';
import type { Application } from '../../src/app/application.ts';
import { EventFan } from '../../src/app/event-fan.ts';
import { argumentSchemas, type AppCalls, type AppEvents, type Start } from '../../src/shared/contract.ts';
import type { PhotoCard } from '../../src/shared/library.ts';
import { Problem } from '../../src/shared/problem.ts';
import type { QueueState } from '../../src/shared/queue.ts';
import { defaultSettings, type Settings } from '../../src/shared/settings.ts';

const idle: QueueState = {
  revision: 1,
  activity: 'idle',
  currentJobId: null,
  counts: { waiting: 0, running: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  fraction: 0,
  secondsLeft: null,
  pixelsPerSecond: 0,
};

export interface ScriptedApplication extends Application {
  /** Every call that was let through, with its arguments. */
  readonly made: { readonly name: string; readonly words: readonly unknown[] }[];
  readonly closed: () => boolean;
  /** Tells an event to every interface that listens. */
  tell<Name extends keyof AppEvents>(name: Name, ...words: Parameters<AppEvents[Name]>): void;
  readonly listeners: () => number;
}

interface Script {
  readonly photos?: readonly Partial<PhotoCard>[];
  readonly door?: Start['door'];
}

/**
 * An Application without engine and disk, for tests of the doors: a few photos of plain colour, settings that are kept, an empty
 * queue. It checks arguments as the real one does; calls that it has no answer for are bugs, as the real one's would be.
 */
export function scriptedApplication({ photos = [], door = 'browser' }: Script = {}): ScriptedApplication {
  const cards = photos.map((photo, id) => ({ ...plainCard(id), ...photo, id }));
  const fan = new EventFan();
  let listeners = 0;
  const made: { name: string; words: readonly unknown[] }[] = [];
  let settings: Settings = defaultSettings;
  let closed = false;
  const library = { revision: 1, photos: cards.length, roots: [] };
  const answers: Partial<AppCalls> = {
    start: async () => ({
      door,
      platform: process.platform,
      version: '0.1.0',
      updates: false,
      systemLanguage: 'en-GB',
      settings,
      library,
      queue: idle,
    }),
    libraryView: async () => ({ revision: 1, ids: cards.map(({ id }) => id) }),
    photos: async (ids) => cards.filter(({ id }) => ids.includes(id)),
    open: async () => [],
    locate: async () => null,
    choose: async () => null,
    jobIds: async () => [],
    jobs: async () => [],
    models: async () => [],
    catalogue: async () => [],
    devices: async () => [],
    changeSettings: async (patch) => {
      settings = { ...settings, ...patch };
      fan.tell('settingsChanged', settings);
    },
    desktopActions: async () => ({ state: 'impossible', places: [] }),
    openPage: async () => undefined,
    showInFolder: async () => undefined,
  };
  const call =
    (name: keyof AppCalls) =>
    async (...words: unknown[]): Promise<unknown> => {
      if (!argumentSchemas[name].safeParse(words).success) throw new Problem('bad-request', `${name} was asked in a way it does not know.`);
      made.push({ name, words });
      const answer = answers[name] as ((...words: unknown[]) => Promise<unknown>) | undefined;
      if (answer === undefined) throw new Error(`${name} has no script`);
      return answer(...words);
    };
  return {
    calls: Object.fromEntries(Object.keys(argumentSchemas).map((name) => [name, call(name as keyof AppCalls)])) as unknown as AppCalls,
    listen: (events) => {
      const stop = fan.listen(events);
      listeners += 1;
      return () => {
        stop();
        listeners -= 1;
      };
    },
    pixels: async ({ photo }) => {
      if (cards[photo] === undefined) throw new Problem('not-found', 'There is no such photo.');
      const create = { width: 64, height: 48, channels: 3 as const, background: { r: (photo * 80) % 256, g: 120, b: 90 } };
      return { type: 'image/webp', bytes: await sharp({ create }).webp().toBuffer() };
    },
    openFromOutside: async (paths) => {
      made.push({ name: 'openFromOutside', words: [paths] });
    },
    enhanceFromOutside: async (paths, options) => {
      made.push({ name: 'enhanceFromOutside', words: [paths, options] });
      return paths.length;
    },
    close: async () => {
      closed = true;
    },
    made,
    closed: () => closed,
    tell: (name, ...words) => {
      fan.tell(name, ...words);
    },
    listeners: () => listeners,
  };
}

const plainCard = (id: number): PhotoCard => ({
  id,
  path: `/photos/photo ${id}.jpg`,
  name: `photo ${id}.jpg`,
  folder: '/photos',
  format: 'jpeg',
  fileBytes: 1_000_000,
  modified: 1_700_000_000_000,
  width: 640,
  height: 480,
  version: '1',
  state: 'new',
  jobId: null,
  result: null,
});
