import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Updates } from '../../../src/main/updates.ts';

describe('newer versions', () => {
  const updater = { checkForUpdatesAndNotify: vi.fn(async () => null), requestHeaders: null as unknown };
  const load = vi.fn(async () => updater as never);
  const day = 24 * 60 * 60 * 1000;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.clearAllMocks();
  });

  it('are not looked for, nor is the code loaded that could, while the setting is off', async () => {
    const updates = new Updates(load);
    updates.follow(false);
    await vi.advanceTimersByTimeAsync(3 * day);
    expect(load).not.toHaveBeenCalled();
  });

  it('are looked for at once and once a day while it is on, and not after that', async () => {
    const updates = new Updates(load);
    updates.follow(true);
    updates.follow(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(updater.checkForUpdatesAndNotify).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2 * day);
    expect(updater.checkForUpdatesAndNotify).toHaveBeenCalledTimes(3);
    updates.follow(false);
    await vi.advanceTimersByTimeAsync(2 * day);
    expect(updater.checkForUpdatesAndNotify).toHaveBeenCalledTimes(3);
  });

  it('are asked for without a number that tells this installation apart, also after an attempt that failed', async () => {
    const complain = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    updater.checkForUpdatesAndNotify.mockRejectedValueOnce(new Error('net::ERR_INTERNET_DISCONNECTED'));
    const updates = new Updates(load);
    updates.follow(true);
    await vi.advanceTimersByTimeAsync(day);
    expect(complain).toHaveBeenCalledTimes(1);
    expect(updater.checkForUpdatesAndNotify).toHaveBeenCalledTimes(2);
    expect(updater.requestHeaders).toEqual({ 'x-user-staging-id': '00000000-0000-0000-0000-000000000000' });
    updates.follow(false);
  });
});
