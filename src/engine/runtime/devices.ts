import { cpus } from 'node:os';
import type { DeviceReport } from '../../shared/engine-protocol.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { waysOn } from './candidates.ts';
import { largeTile } from './choose.ts';
import { tryCandidate } from './judge.ts';
import type { RunnableModel } from './way.ts';
import { cpu, providers, thisPlatform, type Provider } from './providers.ts';
import { closeIdleSessions } from './sessions.ts';

export interface DeviceRequest {
  /** What they are tried with; null where there is none. */
  readonly model: RunnableModel | null;
  readonly threads: number;
  readonly cacheFolder: string;
}

/** Tries every provider of this computer: self-test and timed tile. Remembers the verdicts. */
export async function measureDevices({ model, threads, cacheFolder }: DeviceRequest): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const provider of providers) {
    const reason = whyNot(provider, model);
    if (reason !== null || model === null) {
      reports.push({ ...blank(provider), available: reason === null, note: reason ?? sentence('device.noModel') });
      continue;
    }
    for (const way of waysOn(provider, { model, bits: 8, exact: false })) {
      const verdict = await tryCandidate({ provider, way, model, threads, cacheFolder, timedSide: largeTile });
      const passed = verdict.state === 'passed';
      reports.push({
        ...blank(provider),
        available: passed,
        note: verdict.state === 'failed' ? verdict.reason : sentence('device.passed'),
        model: model.id,
        precision: way.precision,
        parityDb: verdict.state === 'probing' ? null : verdict.parityDb,
        secondsPerMegapixel: passed ? verdict.secondsPerMegapixel : null,
      });
    }
  }
  await closeIdleSessions();
  return reports;
}

function whyNot(provider: Provider, model: RunnableModel | null): Sentence | null {
  if (!provider.platforms.includes(thisPlatform)) return sentence('device.notHere', { platform: thisPlatform });
  const missing = provider.missing();
  if (missing !== null || model === null) return missing;
  return waysOn(provider, { model, bits: 8, exact: false }).length === 0 ? sentence('device.noGraph', { model: model.id }) : null;
}

const blank = (provider: Provider): Omit<DeviceReport, 'note'> => ({
  provider: provider.name,
  label: provider.label,
  device: provider === cpu ? (cpus()[0]?.model.trim() ?? '') : '',
  available: false,
  model: null,
  precision: null,
  parityDb: null,
  secondsPerMegapixel: null,
});
