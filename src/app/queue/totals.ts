import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BatchTotal } from '../../shared/contract.ts';
import { freeBytes } from '../../shared/disk-room.ts';
import type { Plan } from '../../shared/engine-protocol.ts';
import { cancelled } from '../../shared/problem.ts';

/** So long photos are looked at, and so many at a time: then those that were looked at stand for all. */
const longestMilliseconds = 700;
const atOnce = 4;

/** In an order in which any beginning of it is spread over the whole. */
export function spread(count: number): number[] {
  const order: number[] = [];
  const taken = new Uint8Array(count);
  for (let stride = 2 ** Math.ceil(Math.log2(Math.max(count, 1))); stride >= 1; stride /= 2) {
    for (let index = 0; index < count; index += stride) {
      if (taken[index] === 1) continue;
      taken[index] = 1;
      order.push(index);
    }
  }
  return order;
}

/** What options come to for many photos together. What was asked before is given up. */
export class Totals {
  #turn = 0;

  /**
   * @param plan of the photo at an index; rejects for one that cannot be enhanced
   * @throws Problem cancelled when another total was asked for meanwhile
   */
  async of(count: number, plan: (index: number) => Promise<Plan>): Promise<BatchTotal> {
    this.#turn += 1;
    const turn = this.#turn;
    const end = performance.now() + longestMilliseconds;
    const order = spread(count);
    const plans: (Plan | null)[] = [];
    const work = async (): Promise<void> => {
      for (let index = order.shift(); index !== undefined; index = order.shift()) {
        if (turn !== this.#turn) throw cancelled();
        plans.push(await plan(index).catch(() => null));
        if (performance.now() > end) return;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return totalOf(plans, count);
  }
}

async function totalOf(plans: readonly (Plan | null)[], count: number): Promise<BatchTotal> {
  const readable = plans.filter((plan) => plan !== null);
  const planned = readable.filter(({ skip }) => skip === null);
  const share = plans.length === 0 ? 0 : count / plans.length;
  const sum = (of: (plan: Plan) => number): number => planned.reduce((all, plan) => all + of(plan), 0) * share;
  const folder = planned[0] === undefined ? null : dirname(planned[0].output);
  return {
    photos: count,
    skipped: Math.round((readable.length - planned.length) * share),
    unreadable: Math.round((plans.length - readable.length) * share),
    pixels: sum(({ width, height }) => width * height),
    seconds: planned.some(({ estimatedSeconds }) => estimatedSeconds === null) ? null : sum((plan) => plan.estimatedSeconds ?? 0),
    bytes: sum(({ estimatedBytes }) => estimatedBytes),
    free: folder === null ? null : await roomAt(folder),
    exact: plans.length === count,
  };
}

/** In the folder, or in the nearest one above it that exists; null where the disk does not say. */
async function roomAt(folder: string): Promise<number | null> {
  try {
    const free = freeBytes(await statfs(folder));
    return Number.isFinite(free) ? free : null;
  } catch {
    return dirname(folder) === folder ? null : roomAt(dirname(folder));
  }
}
