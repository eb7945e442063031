import type { Options } from '../../shared/options.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { RunnableModel, Way } from './way.ts';
import { cpu, providerNamed, providers, thisPlatform, type Platform, type Provider } from './providers.ts';

/** A way to compute a model, and the provider that shall do it. */
export interface Candidate {
  readonly provider: Provider;
  readonly way: Way;
}

export interface CandidateRequest {
  readonly model: RunnableModel;
  /** Of the photo: 16-bit photos are only given to graphs in floating point. */
  readonly bits: 8 | 16;
  readonly exact: boolean;
  readonly provider: Options['provider'];
}

/**
 * Groups of candidates: the fastest that works of the first group is taken, then of the next. *Auto* is one group; a
 * provider that was named is a group before the CPU's. `hopeless` says what was left out at once.
 * Throws `provider-not-available` where no build of the named provider exists for this platform, `unsupported-image`
 * where no graph takes the photo's samples, `bad-request` where `exact` cannot be had.
 */
export function listCandidates(
  request: CandidateRequest,
  platform: Platform = thisPlatform,
): { groups: Candidate[][]; hopeless: Sentence[] } {
  const waysFor = (provider: Provider): Candidate[] => waysOn(provider, request).map((way) => ({ provider, way }));
  if (request.provider === 'auto') {
    const tried = providers.filter((provider) => provider.platforms.includes(platform) && provider.likely() && provider.missing() === null);
    return { groups: [tried.flatMap(waysFor)], hopeless: [] };
  }
  const named = providerNamed(request.provider);
  if (!named.platforms.includes(platform)) {
    throw new Problem('provider-not-available', sentence('device.notForThisComputer', { device: named.label, platform }));
  }
  if (named === cpu) return { groups: [waysFor(cpu)], hopeless: [] };
  const wanted = waysFor(named);
  const missing = named.missing() ?? (wanted.length === 0 ? sentence('device.noGraph', { model: request.model.id }) : null);
  return missing === null ? { groups: [wanted, waysFor(cpu)], hopeless: [] } : { groups: [waysFor(cpu)], hopeless: [missing] };
}

/** The ways to compute a model that a provider may be asked for such a photo. */
export function waysOn(provider: Provider, { model, bits, exact }: Omit<CandidateRequest, 'provider'>): Way[] {
  const precise = exact ? model.ways.filter((way) => way.precision === 'fp32') : model.ways;
  if (precise.length === 0) throw new Problem('bad-request', sentence('model.notExact', { id: model.id }));
  const able = provider === cpu ? bySamples(precise, bits) : precise.filter((way) => bits === 8 || way.format.samples === 'float32');
  if (able.length === 0) throw new Problem('unsupported-image', sentence('photo.only8Bits', { model: model.id }));
  // Accelerators compute in floating point, and where their pixels are best converted is measured; what int8 gains is
  // gained on processors.
  const suited = able.filter((way) => (provider === cpu ? way.precision !== 'fp16' : way.precision !== 'int8'));
  return suited.length > 0 || provider !== cpu ? suited : able;
}

/** Per precision the way with the photo's own samples; for 8-bit photos one in floating point where there is no other. */
function bySamples(ways: readonly Way[], bits: 8 | 16): Way[] {
  const floating = ways.filter((way) => way.format.samples === 'float32');
  if (bits === 16) return floating;
  const own = ways.filter((way) => way.format.samples === 'uint8');
  return [...own, ...floating.filter((way) => !own.some((other) => other.precision === way.precision))];
}

/** The 32-bit way for the CPU whose answer counts as the model's own, or null where the model has none. */
export function referenceWay({ ways }: Pick<RunnableModel, 'ways'>, bits: 8 | 16): Way | null {
  return bySamples(ways, bits).find((way) => way.precision === 'fp32') ?? null;
}
