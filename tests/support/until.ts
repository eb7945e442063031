import { vi } from 'vitest';

/** Resolves as soon as the condition is met; fails where that takes longer than ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 10 });
}
