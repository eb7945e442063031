import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Arrivals, ownWords, readArrival } from '../../../src/main/arrivals.ts';

describe('arguments', () => {
  it('are ours from the first one on in a package, and without the application outside of one', () => {
    expect(ownWords(['/opt/onestep', '--enhance', 'a.jpg'], true)).toEqual(['--enhance', 'a.jpg']);
    expect(ownWords(['/electron', '--inspect=0', '/clone', '--enhance', 'a.jpg'], false)).toEqual(['--inspect=0', '--enhance', 'a.jpg']);
    expect(ownWords(['/electron', '/clone'], false)).toEqual([]);
  });

  it('name paths relative to where the program was started, and file addresses', () => {
    const odd = resolve('/photos/a b ü.jpg');
    const { paths, enhance } = readArrival(['--no-sandbox', 'a.jpg', '', pathToFileURL(odd).href, 'file://%%%'], resolve('/home'));
    expect(paths).toEqual([resolve('/home/a.jpg'), odd]);
    expect(enhance).toBe(false);
  });

  it('may ask to enhance at once', () => {
    expect(readArrival(['--enhance', '/a.jpg'], '/')).toEqual({ paths: [resolve('/a.jpg')], enhance: true });
  });
});

describe('arrivals', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that come one by one are opened together', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    for (const path of ['/a', '/b', '/a']) {
      arrivals.add({ paths: [path], enhance: false });
      vi.advanceTimersByTime(200);
    }
    expect(deliver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(deliver.mock.calls).toEqual([[['/a', '/b'], 'show']]);
    vi.advanceTimersByTime(10_000);
    expect(deliver).toHaveBeenCalledTimes(1);
  });

  it('wait until somebody can open them, and are told apart by what they are for', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.add({ paths: ['/a'], enhance: true });
    arrivals.add({ paths: ['/b'], enhance: false });
    vi.advanceTimersByTime(10_000);
    arrivals.begin(deliver);
    vi.advanceTimersByTime(300);
    expect(deliver.mock.calls).toEqual([
      [['/b'], 'show'],
      [['/a'], 'enhance'],
    ]);
  });

  it('of nothing open nothing', () => {
    const arrivals = new Arrivals();
    const deliver = vi.fn();
    arrivals.begin(deliver);
    arrivals.add({ paths: [], enhance: true });
    vi.advanceTimersByTime(1000);
    expect(deliver).not.toHaveBeenCalled();
  });
});
