import { readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateResult } from '../../../../src/engine/evaluate/evaluate.ts';
import { LearnedMetrics } from '../../../../src/engine/evaluate/learned-metrics.ts';
import { niqeFile, type Evaluation } from '../../../../src/shared/evaluation.ts';
import { testFolder } from '../../../support/golden.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { needs } from '../../../support/needs.ts';

const names = Array.from({ length: 10 }, (_, index) => `Canon_${String(2 * index + 1).padStart(3, '0')}_LR4.png`);

/** What OSEDiff's authors published of each picture, measured with pyiqa. */
function published(): Map<string, { psnr: number; ssim: number; niqe: number }> {
  const log = readFileSync(sharedData('bench/RealSR/osediff-metrics.log'), 'utf8');
  const rows = log.matchAll(/\/(\w+\.png) \| PSNR: ([\d.]+); SSIM: ([\d.]+);.* NIQE: ([\d.]+);/g);
  return new Map(
    [...rows].map(([, name = '', psnr, ssim, niqe]) => [name, { psnr: Number(psnr), ssim: Number(ssim), niqe: Number(niqe) }]),
  );
}

const valueOf = ({ measurements }: Evaluation, id: string): number => measurements.find(({ metric }) => metric.id === id)?.value ?? NaN;

describe('the numbers of OSEDiff on RealSR', () => {
  it('are those that were published', needs('sharedData'), async () => {
    const folder = await testFolder();
    await copyFile(sharedData('weights/iqa/niqe-niqe_pris_params.npz'), join(folder, niqeFile));
    const expected = published();
    for (const name of names) {
      const request = {
        result: sharedData('bench/RealSR/OSEDiff', name),
        reference: sharedData('bench/RealSR/HR', name),
        source: sharedData('bench/RealSR/LR', name),
        metricsFolder: folder,
      };
      const watch = { temporaryFolder: folder, threads: 1, learned: new LearnedMetrics(), onProgress: () => undefined };
      const evaluation = await evaluateResult(request, { ...watch, signal: new AbortController().signal });
      const { psnr, ssim, niqe } = expected.get(name) ?? { psnr: NaN, ssim: NaN, niqe: NaN };
      expect.soft(Math.abs(valueOf(evaluation, 'psnr-y') - psnr), `PSNR-Y of ${name}`).toBeLessThanOrEqual(0.001);
      expect.soft(Math.abs(valueOf(evaluation, 'ssim-y') - ssim), `SSIM-Y of ${name}`).toBeLessThanOrEqual(0.0002);
      expect.soft(Math.abs(valueOf(evaluation, 'niqe') - niqe), `NIQE of ${name}`).toBeLessThanOrEqual(0.02);
      expect.soft(valueOf(evaluation, 'lr-consistency'), `LR-consistency of ${name}`).toBeGreaterThan(20);
    }
  });
});
