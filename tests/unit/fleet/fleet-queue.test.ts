import { expect, it } from 'vitest';
import type { Connection } from '../../../src/fleet/connection.ts';
import { FleetQueue, type NewEntry } from '../../../src/fleet/fleet-queue.ts';

it('tells once of a server that refuses several slices at a time', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  let slices = 0;
  const photos = {
    addBulk: async () => {
      slices += 1;
      await new Promise((resolve) => setTimeout(resolve, 5 * slices));
      throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
    },
  };
  const queue = new FleetQueue({ queue: () => photos } as unknown as Connection);
  const entries = Array.from(
    { length: 3000 },
    (_, id) => ({ id: `w${id}`, batch: 'b', entry: {}, megapixels: 1, again: false }) as unknown as NewEntry,
  );
  await expect(queue.add(entries)).rejects.toMatchObject({ code: 'not-enough-memory' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});
