import { describe, expect, it, vi } from 'vitest';
import { Latest } from '../../../../src/renderer/state/latest.ts';

describe('a task of which only the latest run matters', () => {
  it('runs at once, then once more for everything that was asked meanwhile', async () => {
    let runs = 0;
    const open: (() => void)[] = [];
    const latest = new Latest(async () => {
      runs += 1;
      await new Promise<void>((resolve) => open.push(resolve));
    }, 1);
    const first = latest.run();
    const [second, third] = [latest.run(), latest.run()];
    expect(runs).toBe(1);
    open.shift()?.();
    await first;
    await vi.waitUntil(() => runs === 2);
    open.shift()?.();
    await Promise.all([second, third]);
    expect(runs).toBe(2);
  });

  it('goes on after a run that failed, and tells whoever asked for it', async () => {
    let runs = 0;
    const latest = new Latest(async () => {
      runs += 1;
      if (runs === 1) throw new Error('once');
    }, 1);
    await expect(latest.run()).rejects.toThrow('once');
    await latest.run();
    expect(runs).toBe(2);
  });
});
