import { describe, expect, it, vi } from 'vitest';
import { PlanView } from '../../../../src/renderer/features/enhance/plan-view.svelte.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import { Problem } from '../../../../src/shared/problem.ts';

const planOf = (photo: number): Plan => ({ width: photo }) as Plan;

function viewOver(plan: (photo: number) => Promise<Plan>) {
  const asked = vi.fn(plan);
  return { view: new PlanView({ plan: asked }), asked };
}

describe('what options come to', () => {
  it('is asked for when they have stood still, once', async () => {
    const { view, asked } = viewOver(async (photo) => planOf(photo));
    for (const strength of [0.1, 0.2, 0.3]) view.show([7], { ...defaultOptions, strength });
    expect(view.waiting).toBe(true);
    await vi.waitFor(() => {
      expect(view.plan?.width).toBe(7);
    });
    expect(asked).toHaveBeenCalledExactlyOnceWith(7, { ...defaultOptions, strength: 0.3 });
    expect(view.waiting).toBe(false);
  });

  it('is that of the first photo that can be enhanced, or why the first cannot', async () => {
    const { view } = viewOver(async (photo) => {
      if (photo < 3) throw new Problem('damaged-image', `photo ${photo}`);
      return planOf(photo);
    });
    view.show([1, 2, 3, 4], defaultOptions);
    await vi.waitFor(() => {
      expect(view.plan?.width).toBe(3);
    });
    expect(view.problem).toBeNull();
    view.show([1, 2], defaultOptions);
    await vi.waitFor(() => {
      expect(view.problem?.message).toBe('photo 1');
    });
    expect(view.plan).toBeNull();
  });

  it('is not overtaken by an answer that comes late', async () => {
    const open: (() => void)[] = [];
    const { view } = viewOver(async (photo) => {
      if (photo === 1) await new Promise<void>((resolve) => open.push(resolve));
      return planOf(photo);
    });
    view.show([1], defaultOptions);
    await vi.waitFor(() => {
      expect(open).toHaveLength(1);
    });
    view.show([2], defaultOptions);
    await vi.waitFor(() => {
      expect(view.plan?.width).toBe(2);
    });
    open[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(view.plan?.width).toBe(2);
  });
});
