import { describe, expect, it } from 'vitest';
import { sidesOf } from '../../../../src/renderer/features/compare/layers.ts';
import { variantKey } from '../../../../src/renderer/features/compare/variants.ts';
import { VariantPreviews } from '../../../../src/renderer/features/compare/variant-previews.svelte.ts';
import type { TiledPicture } from '../../../../src/renderer/features/compare/tiled-picture.ts';
import { RegionPreview } from '../../../../src/renderer/features/compare/region-preview.svelte.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../../../src/shared/options.ts';
import { cancelled, Problem } from '../../../../src/shared/problem.ts';
import type { Region } from '../../../../src/shared/request.ts';

const source = { width: 2000, height: 1000 };
const picture = (id: number, width: number, height: number): TiledPicture => ({
  id,
  version: 'v',
  pyramid: { width, height, tileSide: 256, levels: [{ width, height }] },
});

/** An engine that enlarges four times and fails where it is told to. */
function scripted(failing: ReadonlyMap<string, Problem> = new Map()) {
  const previewed: { region: Region; options: Options }[] = [];
  let stops = 0;
  let stop: (() => void) | null = null;
  const calls = {
    plan: async () => ({ width: 4 * source.width, height: 4 * source.height, estimatedSeconds: 20 }) as Plan,
    preview: async (_: number, region: Region, options: Options) => {
      previewed.push({ region, options });
      const problem = failing.get(options.model);
      if (problem !== undefined) throw problem;
      if (options.model === 'endless')
        await new Promise<void>(
          (_resolve, reject) =>
            (stop = () => {
              reject(cancelled());
            }),
        );
      const [width, height] = [4 * region.width, 4 * region.height];
      return { photo: 100 + previewed.length, version: 'v', width, height, model: options.model, seconds: 1 };
    },
    cancelPreviews: async () => {
      stops += 1;
      stop?.();
    },
    pyramid: async (id: number) => {
      const { region } = previewed[id - 101] ?? { region: { width: 1, height: 1 } };
      return picture(id, 4 * region.width, 4 * region.height).pyramid;
    },
  };
  return { calls, previewed, stops: () => stops };
}

describe('RegionPreview', () => {
  it('enhances the rectangle that was drawn, after telling how long it will take', async () => {
    const { calls, previewed } = scripted();
    const preview = new RegionPreview(calls);
    preview.begin({ id: 7, source }, defaultOptions);
    await new Promise((resolve) => setImmediate(resolve));
    preview.draw({ x: 0.1, y: 0.1 }, { x: 0.2, y: 0.3 });
    const running = preview.run();
    // A fiftieth of a photo that takes 20 seconds.
    expect(preview.state).toEqual({ kind: 'running', estimatedSeconds: 0.4 });
    await running;
    expect(previewed).toEqual([{ region: { left: 200, top: 100, width: 200, height: 200 }, options: defaultOptions }]);
    expect(preview.state).toMatchObject({ kind: 'shown', enhanced: { picture: { id: 101 }, region: { left: 200 } } });
  });

  it('takes no slip of the hand for a rectangle', async () => {
    const { calls, previewed } = scripted();
    const preview = new RegionPreview(calls);
    preview.begin({ id: 7, source }, defaultOptions);
    preview.draw({ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 });
    await preview.run();
    expect([previewed.length, preview.state.kind, preview.region]).toEqual([0, 'drawing', null]);
  });

  it('is cancelled by closing it, and what was cancelled leaves no trace', async () => {
    const { calls, stops } = scripted();
    const preview = new RegionPreview(calls);
    preview.begin({ id: 7, source }, { ...defaultOptions, model: 'endless' });
    preview.draw({ x: 0, y: 0 }, { x: 0.1, y: 0.1 });
    const running = preview.run();
    preview.close();
    await running;
    expect([stops(), preview.state.kind]).toEqual([1, 'none']);
  });

  it('says what went wrong and can be tried again', async () => {
    const failing = new Map([['auto', new Problem('not-enough-memory', 'Too little memory.')]]);
    const { calls } = scripted(failing);
    const preview = new RegionPreview(calls);
    preview.begin({ id: 7, source }, defaultOptions);
    preview.draw({ x: 0, y: 0 }, { x: 0.1, y: 0.1 });
    await preview.run();
    expect(preview.state).toMatchObject({ kind: 'failed', problem: { code: 'not-enough-memory' } });
    failing.clear();
    await preview.run();
    expect(preview.state.kind).toBe('shown');
  });
});

describe('VariantPreviews', () => {
  const subject = { id: 7, source: picture(7, 2000, 1000), region: { left: 0, top: 0, width: 100, height: 100 }, scale: 4 };
  const settled = async (variants: VariantPreviews): Promise<void> => {
    while (variants.previews.some(({ state }) => state.kind === 'waiting' || state.kind === 'running')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('runs one after another, goes on after one that fails, and keeps what it has', async () => {
    const { calls, previewed } = scripted(new Map([['broken', new Problem('model-damaged', 'Damaged.')]]));
    const variants = new VariantPreviews(calls, subject, defaultOptions);
    const [a, broken, b] = ['a', 'broken', 'b'].map((model) => ({ model, dials: {} }));
    if (a === undefined || broken === undefined || b === undefined) throw new Error('Three were named.');
    variants.choose([a, broken, b]);
    expect(variants.previews.map(({ state }) => state.kind)).toEqual(['running', 'waiting', 'waiting']);
    await settled(variants);
    expect(variants.previews.map(({ state }) => state.kind)).toEqual(['shown', 'failed', 'shown']);
    variants.choose([b, { model: 'a', dials: { strength: 0.5 } }, a]);
    await settled(variants);
    expect(previewed.map(({ options: { model, strength } }) => [model, strength])).toEqual([
      ['a', null],
      ['broken', null],
      ['b', null],
      ['a', 0.5],
    ]);
  });

  it('forgets a reference that is no longer tried', async () => {
    const variants = new VariantPreviews(scripted().calls, subject, defaultOptions);
    const a = { model: 'a', dials: {} };
    variants.choose([a]);
    variants.reference = variantKey(a);
    expect(variants.referencePreview?.variant.model).toBe('a');
    variants.choose([{ model: 'b', dials: {} }]);
    expect(variants.reference).toBeNull();
    await settled(variants);
  });
});

describe('sidesOf', () => {
  const [photo, result] = [picture(1, 2000, 1000), picture(2, 8000, 4000)];

  it('has nothing to compare where there is no result', () => {
    expect(sidesOf(photo, null, null, 'smooth')).toMatchObject({ photo: { width: 2000 }, before: [], after: [{ picture: { id: 1 } }] });
  });

  it('measures in the pixels of the result', () => {
    expect(sidesOf(photo, result, null, 'smooth')).toMatchObject({
      photo: { width: 8000, height: 4000 },
      before: [{ picture: { id: 1 }, enlarged: 'smooth' }],
      after: [{ picture: { id: 2 }, enlarged: 'squares' }],
    });
  });

  it('lays a preview over its place, at its own scale', () => {
    const region = { left: 500, top: 250, width: 200, height: 100 };
    const { photo: size, after } = sidesOf(photo, null, { picture: picture(3, 400, 200), region }, 'smooth');
    expect(size).toEqual({ width: 4000, height: 2000 });
    expect(after[1]?.at).toEqual({ left: 0.25, top: 0.25, width: 0.1, height: 0.1 });
  });
});
