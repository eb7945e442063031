import sharp from 'sharp';
import type { Application } from '../../src/app/application.ts';
import { contract, type AppCalls, type AppEvents, type InitialState } from '../../src/shared/contract.ts';
import type { PhotoCard } from '../../src/shared/library.ts';
import { Problem } from '../../src/shared/problem.ts';
import { callsBy, checkedCalls } from '../../src/shared/protocol/call.ts';
import { EventFan } from '../../src/shared/protocol/event-fan.ts';
import type { QueueState } from '../../src/shared/queue.ts';
import { defaultSettings, type Settings } from '../../src/shared/settings.ts';

const idle: QueueState = {
  revision: 1,
  activity: 'idle',
  currentJobId: null,
  counts: { waiting: 0, running: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  run: { total: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  fraction: 0,
  secondsLeft: null,
  pixelsPerSecond: 0,
  pace: 1,
};

export interface ScriptedApplication extends Application {
  /** Every call that was let through, by its name (`queue.pause`), with its arguments. */
  readonly made: { readonly name: string; readonly words: readonly unknown[] }[];
  readonly closed: () => boolean;
  /** Tells an event to every interface that listens. */
  readonly tell: AppEvents;
  readonly listeners: () => number;
}

interface Script {
  readonly photos?: readonly Partial<PhotoCard>[];
  readonly door?: InitialState['door'];
}

/**
 * An Application without engine and disk, for tests of the doors: a few photos of plain colour, settings that are kept, an empty
 * queue. It checks arguments as the real one does; calls that it has no answer for are bugs, as the real one's would be.
 */
export function scriptedApplication({ photos = [], door = 'browser' }: Script = {}): ScriptedApplication {
  const cards = photos.map((photo, id) => ({ ...plainCard(id), ...photo, id }));
  const fan = new EventFan(contract.events);
  let listeners = 0;
  const made: { name: string; words: readonly unknown[] }[] = [];
  let settings: Settings = defaultSettings;
  let closed = false;
  const library = { revision: 1, photos: cards.length, roots: [] };
  const answers: { readonly [Noun in keyof AppCalls]?: Partial<AppCalls[Noun]> } = {
    app: {
      start: async () => ({
        door,
        platform: process.platform,
        version: '0.1.0',
        updates: false,
        desktop: true,
        systemLanguage: 'en-GB',
        settings,
        library,
        queue: idle,
      }),
    },
    desktop: {
      choose: async () => null,
      actions: async () => ({ state: 'impossible', places: [] }),
      openPage: async () => undefined,
      showInFolder: async () => undefined,
    },
    library: {
      open: async () => [],
      locate: async () => null,
      view: async () => ({ revision: 1, ids: cards.map(({ id }) => id) }),
    },
    photos: { cards: async (ids) => cards.filter(({ id }) => ids.includes(id)) },
    queue: { ids: async () => [], cards: async () => [] },
    models: { list: async () => [], devices: async () => [] },
    catalogue: { list: async () => [] },
    settings: {
      change: async (patch) => {
        settings = { ...settings, ...patch };
        fan.tell.settingsChanged(settings);
      },
    },
  };
  const recorded = callsBy(contract.calls, async (name, words) => {
    made.push({ name, words });
    const [noun, verb] = name.split('.') as [keyof AppCalls, string];
    const answer = (answers[noun] as Record<string, (...words: readonly unknown[]) => Promise<unknown>> | undefined)?.[verb];
    if (answer === undefined) throw new Error(`${name} has no script`);
    return answer(...words);
  });
  return {
    calls: checkedCalls(contract.calls, recorded),
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
    tell: fan.tell,
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
