import { MessageChannel } from 'node:worker_threads';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arrivals, ownWords, readArrival } from '../../../src/main/arrivals.ts';

describe('arguments', () => {
  it('are ours from the first one on in a package, and without the application outside of one', () => {
    expect(ownWords(['onestep', '--enhance', 'a.jpg'], true)).toEqual(['--enhance', 'a.jpg']);
    expect(ownWords(['/electron', '--inspect=0', '/clone', '--enhance', 'a.jpg'], false)).toEqual(['--inspect=0', '--enhance', 'a.jpg']);
    expect(ownWords(['/electron', '/clone'], false)).toEqual([]);
  });

  it('name paths relative to where the program was started, and file addresses', () => {
    const odd = resolve(`/photos/it's a "b" ü 🌄 100%.jpg`);
    const { paths, enhance } = readArrival(['--no-sandbox', 'a.jpg', '', pathToFileURL(odd).href, 'file://%%%'], resolve('/home'));
    expect(paths).toEqual([resolve('/home/a.jpg'), odd]);
    expect(enhance).toBeNull();
  });

  it('name nothing that lies elsewhere', () => {
    expect(readArrival(['--enhance', 'smb://server/a.jpg', 'trash:///a.jpg', 'https://example.org/a.jpg'], '/').paths).toEqual([]);
    expect(readArrival(['C:\\photos\\a.jpg'], resolve('/')).paths).toEqual([resolve('/', 'C:\\photos\\a.jpg')]);
  });

  it.each([
    [['--enhance', '--', '/a.jpg'], { output: null }],
    [['--enhance', '/a.jpg'], { output: null }],
    [['/a.jpg', '--enhance', '--user-data-dir=/x'], { output: null }],
    [['--enhance', '--scale=2', '--', '/a.jpg'], { output: null, target: { kind: 'scale', scale: 2 } }],
    [['--enhance', '--scale', '4', '--', '/a.jpg'], { output: null, target: { kind: 'scale', scale: 4 } }],
  ] as const)('may ask to enhance at once: %j', (words, enhance) =>
    expect(readArrival(words, '/')).toEqual({ paths: [resolve('/a.jpg')], enhance }),
  );

  it('after -- are paths, whatever they look like', () => {
    expect(readArrival(['--', '--enhance', '-x.jpg'], resolve('/p'))).toEqual({
      paths: [resolve('/p/--enhance'), resolve('/p/-x.jpg')],
      enhance: null,
    });
  });

  it.each([[['--enhance']], [['--enhance', '--scale=7', '--', '/a.jpg']], [['--enhance', '--scale', '--', '/a.jpg']]])(
    'that make no sense leave it to the person: %j',
    (words) => expect(readArrival(words, '/').enhance).toBeNull(),
  );
});

const own = { output: null };

describe('arrivals', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that come one by one are one batch, each file once', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    for (const path of ['/a', '/b', '/a']) {
      arrivals.add({ paths: [path], enhance: null });
      vi.advanceTimersByTime(90);
    }
    expect(deliver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(301);
    expect(deliver.mock.calls).toEqual([[['/a', '/b'], null]]);
    vi.advanceTimersByTime(10_000);
    expect(deliver).toHaveBeenCalledTimes(1);
  });

  it('are waited for longer when they come slowly, and not for ever', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    const files = Array.from({ length: 200 }, (_, index) => `/${index}.jpg`);
    for (const [index, path] of files.entries()) {
      arrivals.add({ paths: [path], enhance: own });
      // A pause of a third of a second would end a batch of quick starts; after one of a quarter it does not.
      vi.advanceTimersByTime(index % 20 === 19 ? 700 : 250);
    }
    expect(deliver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2500);
    expect(deliver.mock.calls).toEqual([[files, own]]);
    arrivals.add({ paths: ['/next.jpg'], enhance: own });
    vi.advanceTimersByTime(301);
    expect(deliver).toHaveBeenCalledTimes(2);
  });

  it('are waited for as long as a start has taken, but never by a person who wants to look', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    arrivals.add({ paths: ['/a'], enhance: own }, 2000);
    vi.advanceTimersByTime(2500);
    arrivals.add({ paths: ['/b'], enhance: own }, 1000);
    vi.advanceTimersByTime(7400);
    expect(deliver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(101);
    expect(deliver.mock.calls).toEqual([[['/a', '/b'], own]]);
    arrivals.add({ paths: ['/c'], enhance: null }, 2000);
    vi.advanceTimersByTime(301);
    expect(deliver).toHaveBeenCalledTimes(2);
  });

  it('that came while the program was held up are not too late', async () => {
    vi.useRealTimers();
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    arrivals.add({ paths: ['/a'], enhance: own });
    const { port1, port2 } = new MessageChannel();
    port2.once('message', () => arrivals.add({ paths: ['/b'], enhance: own }));
    port1.postMessage('another start');
    const heldUpUntil = performance.now() + 400;
    while (performance.now() < heldUpUntil);
    await vi.waitUntil(() => deliver.mock.calls.length > 0, { timeout: 5000 });
    port1.close();
    expect(deliver.mock.calls).toEqual([[['/a', '/b'], own]]);
  });

  it('wait until somebody can open them, and are told apart by what they are for', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    const twice = { output: null, target: { kind: 'scale', scale: 2 } } as const;
    arrivals.add({ paths: ['/a'], enhance: own });
    arrivals.add({ paths: ['/b'], enhance: null });
    arrivals.add({ paths: ['/a'], enhance: twice });
    arrivals.add({ paths: ['/c'], enhance: own });
    vi.advanceTimersByTime(10_000);
    arrivals.begin(deliver);
    vi.advanceTimersByTime(301);
    expect(deliver.mock.calls).toEqual([
      [['/a', '/c'], own],
      [['/b'], null],
      [['/a'], twice],
    ]);
  });

  it('of nothing open nothing', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    arrivals.add({ paths: [], enhance: null });
    vi.advanceTimersByTime(1000);
    expect(deliver).not.toHaveBeenCalled();
  });
});
