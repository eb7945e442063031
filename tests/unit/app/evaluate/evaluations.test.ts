import { describe, expect, it } from 'vitest';
import { Evaluations } from '../../../../src/app/evaluate/evaluations.ts';
import type { Evaluation, EvaluationRequest } from '../../../../src/shared/evaluation.ts';
import { cancelled, Problem } from '../../../../src/shared/problem.ts';
import type { WorkWatch } from '../../../../src/shared/work-watch.ts';

const answer: Evaluation = { width: 2, height: 1, measurements: [] };

/** An engine that is done when it is told to, and stops when it is told to. */
function scripted() {
  const asked: { request: EvaluationRequest; done: () => void; tell: (fraction: number) => void }[] = [];
  const told: (readonly [number, number])[] = [];
  const evaluations = new Evaluations({
    engine: {
      measure: (request: EvaluationRequest, { signal, onProgress }: WorkWatch = {}) =>
        new Promise<Evaluation>((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(cancelled()));
          const tell = (fraction: number): void => onProgress?.(fraction);
          asked.push({
            request,
            tell,
            done: () => resolve(answer),
          });
        }),
    },
    register: {
      readable: async (id) => {
        if (id > 9) throw new Problem('not-opened', 'Not opened.');
        return `/photo ${id}`;
      },
    },
    metricsFolder: '/metrics',
    onProgress: (result, fraction) => told.push([result, fraction]),
  });
  return { asked, told, evaluations };
}

describe('measuring what is looked at', () => {
  it('asks the engine about paths, and tells how far it is', async () => {
    const { asked, told, evaluations } = scripted();
    const measured = evaluations.measure(1, 2, '/reference');
    await expect.poll(() => asked.length).toBe(1);
    expect(asked[0]?.request).toEqual({ source: '/photo 1', result: '/photo 2', reference: '/reference', metricsFolder: '/metrics' });
    asked[0]?.tell(0.5);
    asked[0]?.done();
    expect(await measured).toBe(answer);
    expect(told).toEqual([[2, 0.5]]);
  });

  it('gives up what was asked before, and what is cancelled', async () => {
    const { asked, evaluations } = scripted();
    const first = evaluations.measure(1, 2, null).catch((error: unknown) => error);
    await expect.poll(() => asked.length).toBe(1);
    const second = evaluations.measure(3, 4, null).catch((error: unknown) => error);
    expect(await first).toMatchObject({ code: 'cancelled' });
    await expect.poll(() => asked.length).toBe(2);
    evaluations.cancel();
    expect(await second).toMatchObject({ code: 'cancelled' });
  });

  it('measures only what may be seen', async () => {
    const { asked, evaluations } = scripted();
    await expect(evaluations.measure(1, 10, null)).rejects.toMatchObject({ code: 'not-opened' });
    expect(asked).toEqual([]);
  });
});
