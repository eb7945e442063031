import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Disconnected } from '../../../../src/renderer/client.ts';
import { Onestep } from '../../../../src/renderer/state/onestep.svelte.ts';
import { say, setLanguage } from '../../../../src/renderer/words/words.svelte.ts';
import type { AppCalls, AppEvents, InitialState } from '../../../../src/shared/contract.ts';
import type { PhotoCard } from '../../../../src/shared/library.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import type { JobCard } from '../../../../src/shared/queue.ts';
import { defaultSettings } from '../../../../src/shared/settings.ts';

const queueState = (more: object): InitialState['queue'] => ({
  ...{ revision: 1, activity: 'idle', currentJobId: null, fraction: 0, secondsLeft: null, pixelsPerSecond: 0, pace: 1 },
  run: { total: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  counts: { waiting: 0, running: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 },
  ...more,
});
const card = (id: number, more: object = {}): PhotoCard => ({
  ...{ id, path: `/p/${id}.jpg`, name: `${id}.jpg`, folder: '/p', format: 'jpeg', fileBytes: 1, modified: 0 },
  ...{ width: 1, height: 1, version: '1', state: 'new', jobId: null, result: null, ...more },
});
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the interface and its application', () => {
  // Other tests share the language.
  afterAll(() => setLanguage('en', 'en'));
  let far: { events: AppEvents; onConnected: () => void; onGone: () => void };
  let calls: Record<keyof AppCalls, Record<string, ReturnType<typeof vi.fn>>>;
  let view: number[];
  let onestep: Onestep;

  beforeEach(async () => {
    view = [1, 2, 3];
    const made = {
      app: {
        start: async () => ({
          ...{
            door: 'browser',
            platform: 'linux',
            version: '1.2.3',
            updates: false,
            desktop: true,
            systemLanguage: 'de-AT',
            settings: defaultSettings,
          },
          library: { revision: 1, photos: 3, roots: [] },
          queue: queueState({}),
        }),
      },
      library: { view: async () => ({ revision: 1, ids: view }) },
      photos: { cards: async (ids: number[]) => ids.map((id) => card(id)) },
      queue: { ids: async () => ['a', 'b'], cards: async () => [] },
      desktop: { showInFolder: async () => undefined },
      models: { list: async () => [] },
      settings: { change: async () => undefined },
    };
    const spied = (group: object): object =>
      Object.fromEntries(Object.entries(group).map(([name, answer]) => [name, vi.fn(answer as () => unknown)]));
    calls = Object.fromEntries(Object.entries(made).map(([noun, group]) => [noun, spied(group)])) as unknown as typeof calls;
    onestep = new Onestep((options) => {
      far = options;
      return calls as unknown as AppCalls;
    });
    far.onConnected();
    await settle();
  });

  it('begins with what the application says, in the system’s language', () => {
    expect(onestep.start?.version).toBe('1.2.3');
    expect(onestep.library.ids).toEqual([1, 2, 3]);
    expect(onestep.queue.ids).toEqual(['a', 'b']);
    expect(say('cancel')).toBe('Abbrechen');
  });

  it('asks for the view again when the library has changed, not when only a count has', async () => {
    far.events.libraryChanged({ revision: 1, photos: 3, roots: [] });
    await settle();
    expect(calls.library.view).toHaveBeenCalledTimes(1);
    view = [1, 3];
    onestep.selection.choose([2, 3]);
    far.events.libraryChanged({ revision: 2, photos: 2, roots: [] });
    await vi.waitFor(() => {
      expect(onestep.library.ids).toEqual([1, 3]);
    });
    expect([...onestep.selection.chosen]).toEqual([3]);
  });

  it('shows what the last question found, whatever comes back later', async () => {
    const answers: ((ids: number[]) => void)[] = [];
    const later = (): Promise<number[]> => new Promise((resolve) => answers.push(resolve));
    calls.library.view = vi.fn(() => later().then((ids) => ({ revision: 1, ids })));
    onestep.library.ask({ search: 'a' });
    await vi.waitFor(() => {
      expect(answers).toHaveLength(1);
    });
    onestep.library.ask({ search: 'ab' });
    answers[0]?.([9]);
    await vi.waitFor(() => {
      expect(answers).toHaveLength(2);
    });
    answers[1]?.([2]);
    await settle();
    expect(onestep.library.ids).toEqual([2]);
    expect(calls.library.view).toHaveBeenLastCalledWith(expect.objectContaining({ search: 'ab' }));
  });

  it('hears of photos, jobs and progress', async () => {
    onestep.library.cards.want([1]);
    await settle();
    far.events.photosChanged([card(1, { state: 'running' })]);
    expect(onestep.library.cards.get(1)?.state).toBe('running');
    far.events.queueChanged(queueState({ revision: 1, activity: 'running', currentJobId: 'a' }));
    const progress = { fraction: 0.5, stage: 'enhance', pixelsPerSecond: 1, secondsLeft: 1, tiles: [], pass: 0, passes: 1 } as const;
    far.events.jobProgress('a', progress);
    expect(onestep.queue.progress).toEqual({ jobId: 'a', progress });
    expect(onestep.queue.busy).toBe(true);
    far.events.queueChanged(queueState({ revision: 2, currentJobId: null }));
    expect(onestep.queue.progress).toBeNull();
    // The card still says that it runs, and how far it was when it was fetched: the bar does not step back.
    const older = { id: 'a', state: 'running', progress: { ...progress, fraction: 0.1 } } as unknown as JobCard;
    expect(onestep.queue.progressOf(older)).toBe(progress);
    expect(onestep.queue.progressOf({ ...older, state: 'done' })).toBeNull();
    expect(onestep.queue.progressOf({ ...older, id: 'b' })).toBe(older.progress);
  });

  it('changes settings at once and tells the application shortly after, all together', async () => {
    onestep.preferences.change({ cellSide: 300 });
    onestep.preferences.change({ theme: 'light' });
    expect(onestep.preferences.current).toMatchObject({ cellSide: 300, theme: 'light' });
    expect(calls.settings.change).not.toHaveBeenCalled();
    // What the application says meanwhile does not undo what the person has just done.
    far.events.settingsChanged({ ...defaultSettings, keepAwake: false });
    expect(onestep.preferences.current).toMatchObject({ cellSide: 300, keepAwake: false });
    await onestep.preferences.tell();
    expect(calls.settings.change).toHaveBeenCalledExactlyOnceWith({ cellSide: 300, theme: 'light' });
  });

  it('tells what fails, but not what failed because nobody was there', async () => {
    expect(await onestep.perform(() => Promise.reject(new Problem('not-found', 'It is gone.')))).toBeNull();
    expect(onestep.toasts.shown.map(({ text, kind }) => [kind, text])).toEqual([['problem', 'It is gone.']]);
    await onestep.perform(() => Promise.reject(new Disconnected('gone')));
    await onestep.perform(() => Promise.reject(new Problem('cancelled', 'Cancelled.')));
    expect(onestep.toasts.shown).toHaveLength(1);
    await onestep.perform(() => Promise.reject(new Problem('not-found', 'It is gone.')));
    expect(onestep.toasts.shown).toHaveLength(1);
  });

  it('says that the application is gone, and begins anew when it is back', async () => {
    far.onGone();
    expect(onestep.gone).toBe(true);
    view = [7];
    far.onConnected();
    await vi.waitFor(() => {
      expect(onestep.gone).toBe(false);
      expect(onestep.library.ids).toEqual([7]);
    });
    expect(onestep.connections).toBe(2);
  });

  it('tells when the queue is over, what of it was done and what was not', () => {
    const run = { total: 4, done: 0, skipped: 0, failed: 0, cancelled: 0 };
    far.events.queueChanged(queueState({ activity: 'running', currentJobId: 'a', run }));
    far.events.queueChanged(queueState({ activity: 'running', currentJobId: 'b', run: { ...run, done: 1 } }));
    far.events.queueChanged(queueState({ activity: 'idle', run: { ...run, done: 2, failed: 2 } }));
    expect(onestep.toasts.shown.map(({ text }) => text)).toEqual([say('queue.over', { done: 2, failed: 2 })]);
    onestep.toasts.shown[0]?.actions[0]?.run();
    expect(onestep.navigation.place).toBe('queue');
    far.events.queueChanged(queueState({ activity: 'idle', run: { ...run, done: 2, failed: 2 } }));
    expect(onestep.toasts.shown).toHaveLength(1);
  });

  it('tells of photos that were left alone because they had been enhanced before, and enhances them again on request', async () => {
    const skipped = { id: 'a', photoId: 7, reason: { code: 'skip.doneBefore' } };
    calls.queue.cards = vi.fn(async () => [skipped, { ...skipped, id: 'b', reason: { code: 'skip.result' } }]);
    calls.queue.retry = vi.fn(async () => undefined);
    const run = { total: 2, done: 0, skipped: 2, failed: 0, cancelled: 0 };
    far.events.queueChanged(queueState({ activity: 'running', run: { ...run, skipped: 0 } }));
    far.events.queueChanged(queueState({ activity: 'idle', run }));
    await vi.waitFor(() => {
      expect(onestep.toasts.shown.map(({ text }) => text)).toEqual([say('queue.doneBefore', { count: 1 })]);
    });
    const [open, again] = onestep.toasts.shown[0]?.actions ?? [];
    again?.run();
    expect(calls.queue.retry).toHaveBeenCalledExactlyOnceWith(['a']);
    open?.run();
    await vi.waitFor(() => {
      expect(onestep.navigation).toMatchObject({ place: 'compare', compared: { id: 7 } });
    });
  });

  it('says where a file lies when there is no desktop to show it on', async () => {
    await onestep.showInFolder({ id: 1, path: '/p/1.jpg' });
    expect(calls.desktop.showInFolder).toHaveBeenCalledExactlyOnceWith(1);
    onestep.start = onestep.start === null ? null : { ...onestep.start, desktop: false };
    await onestep.showInFolder({ id: 1, path: '/p/1.jpg' });
    expect(calls.desktop.showInFolder).toHaveBeenCalledTimes(1);
    expect(onestep.toasts.shown.map(({ text }) => text)).toEqual([say('noDesktop.file', { path: '/p/1.jpg' })]);
  });

  it('shows what another program opens: photos chosen in the whole library, or a folder alone', async () => {
    onestep.navigation.go('settings');
    onestep.library.ask({ search: 'x' });
    far.events.opened([2, 3, 9], null);
    await vi.waitFor(() => {
      expect([...onestep.selection.chosen]).toEqual([2, 3]);
    });
    expect(onestep.navigation.place).toBe('library');
    expect(onestep.library.query).toMatchObject({ search: '', folder: null });
    far.events.opened([], '/p');
    expect(onestep.library.query.folder).toBe('/p');
    await vi.waitFor(() => {
      expect([...onestep.selection.chosen]).toEqual([]);
    });
  });

  it('shows it also when it is told before anything else', async () => {
    const early = new Onestep((options) => {
      far = options;
      return calls as unknown as AppCalls;
    });
    far.events.opened([3], null);
    expect(early.navigation.place).toBe('library');
    far.onConnected();
    await vi.waitFor(() => {
      expect([...early.selection.chosen]).toEqual([3]);
    });
  });

  it('compares only with a photo, and goes back to where it was', () => {
    far.events.navigate('compare');
    expect(onestep.navigation.place).toBe('library');
    onestep.navigation.go('queue');
    onestep.navigation.compare(card(2));
    expect(onestep.navigation.place).toBe('compare');
    onestep.navigation.back();
    expect(onestep.navigation.place).toBe('queue');
  });
});
