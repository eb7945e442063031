import { expect, it } from 'vitest';
import { ProgressMeter } from '../../../src/engine/progress.ts';
import type { Progress } from '../../../src/shared/engine-protocol.ts';

const pass = { model: 'x2', scale: 2, width: 100, height: 100 };

function meterOf(passesSeconds: number | null) {
  let seconds = 0;
  let last: Progress | undefined;
  const meter = new ProgressMeter(
    [pass],
    passesSeconds,
    (progress) => (last = progress),
    () => seconds,
  );
  return {
    meter,
    wait: (more: number): number => (seconds += more),
    told: (tell: () => void): Progress | undefined => {
      tell();
      return last;
    },
  };
}

it('gives faces the part of the bar that they take of the time', () => {
  const { meter, told, wait } = meterOf(20);
  const face = (number: number, secondsEach: number | null) => told(() => meter.restoring({ number, count: 4, secondsEach }));
  expect(face(1, null)).toMatchObject({ fraction: 0.01, secondsLeft: null, face: { number: 1, count: 4 } });
  // 60 s of 80 s are faces.
  expect(face(1, 15)).toMatchObject({ fraction: 0.01, secondsLeft: 80 });
  expect(face(2, 15)).toMatchObject({ fraction: expect.closeTo(0.01 + 0.94 * 0.1875, 9) as number, secondsLeft: 65 });
  // They take longer than was thought: the time follows, the bar's parts stay.
  expect(face(3, 20)).toMatchObject({ fraction: expect.closeTo(0.01 + 0.94 * 0.375, 9) as number, secondsLeft: 60 });
  expect(told(() => meter.enhancing())).toMatchObject({ fraction: expect.closeTo(0.01 + 0.94 * 0.75, 9) as number, secondsLeft: 20 });
  expect(told(() => meter.enhancing())?.face).toBeUndefined();
  wait(10);
  expect(told(() => meter.tile({ left: 0, top: 0, width: 100, height: 50 }))).toMatchObject({
    fraction: expect.closeTo(0.01 + 0.94 * 0.875, 9) as number,
    secondsLeft: 10 * 1.05,
  });
});

it('moves through faces without a promise where nobody knows what the passes take', () => {
  const { meter, told } = meterOf(null);
  const fractions = [1, 2].map((number) => told(() => meter.restoring({ number, count: 2, secondsEach: 15 })));
  expect(fractions).toMatchObject([
    { fraction: 0.01, secondsLeft: null },
    { fraction: expect.closeTo(0.245, 9) as number, secondsLeft: null },
  ]);
});

it('is as it was where there are no faces', () => {
  const { meter, told } = meterOf(20);
  expect(told(() => meter.enhancing())).toMatchObject({ fraction: 0.01, secondsLeft: null, pass: 0 });
});
