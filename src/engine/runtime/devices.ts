import { cpus } from 'node:os';
import type { DeviceReport } from '../../shared/engine-protocol.ts';
import { defaultFamily } from '../../shared/options.ts';
import type { InstalledModel, UsableModel } from '../models.ts';
import { graphsOn } from './candidates.ts';
import { largeTile } from './choose.ts';
import { tryCandidate } from './judge.ts';
import { closeIdleSessions } from './open-sessions.ts';
import { cpu, providers, thisPlatform, type Provider } from './providers.ts';

export interface DeviceRequest {
  readonly models: readonly InstalledModel[];
  readonly threads: number;
  readonly cacheFolder: string;
}

/**
 * Tries every provider of this computer with the first usable model, of those that *auto* chooses among where there are any: self-test
 * and timed tile. Remembers the verdicts.
 */
export async function measureDevices({ models, threads, cacheFolder }: DeviceRequest): Promise<DeviceReport[]> {
  const usable = models.filter((candidate): candidate is UsableModel => candidate.problem === null);
  const model = usable.find(({ manifest }) => manifest.family === defaultFamily && !manifest.experimental) ?? usable[0] ?? null;
  const reports: DeviceReport[] = [];
  for (const provider of providers) {
    const reason = whyNot(provider, model);
    if (reason !== null || model === null) {
      reports.push({ ...blank(provider), available: reason === null, note: reason ?? 'There is no model to try it with.' });
      continue;
    }
    for (const graph of graphsOn(provider, { model, bits: 8, exact: false })) {
      const verdict = await tryCandidate({ provider, graph, model, threads, cacheFolder, timedSide: largeTile });
      const passed = verdict.state === 'passed';
      reports.push({
        ...blank(provider),
        available: passed,
        note: verdict.state === 'failed' ? verdict.reason : 'Passed the self-test.',
        model: model.id,
        precision: graph.precision,
        parityDb: verdict.state === 'probing' ? null : verdict.parityDb,
        secondsPerMegapixel: passed ? verdict.secondsPerMegapixel : null,
      });
    }
  }
  await closeIdleSessions();
  return reports;
}

function whyNot(provider: Provider, model: UsableModel | null): string | null {
  if (!provider.platforms.includes(thisPlatform)) return `Does not exist for this computer (${thisPlatform}).`;
  const missing = provider.missing();
  if (missing !== null || model === null) return missing;
  return graphsOn(provider, { model, bits: 8, exact: false }).length === 0 ? `The model ${model.id} has no graph for it.` : null;
}

const blank = (provider: Provider): DeviceReport => ({
  provider: provider.name,
  label: provider.label,
  device: provider === cpu ? (cpus()[0]?.model.trim() ?? '') : '',
  available: false,
  note: '',
  model: null,
  precision: null,
  parityDb: null,
  secondsPerMegapixel: null,
});
