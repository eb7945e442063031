import type { Manifest, WayEntry } from '../../shared/manifest.ts';
import type { Options } from '../../shared/options.ts';
import { Problem } from '../../shared/problem.ts';
import type { UsableModel } from '../models.ts';
import { cpu, providerNamed, providers, thisPlatform, type Platform, type Provider } from './providers.ts';
import { samplesOf } from './ways.ts';

/** A way to compute a model: which graph on which provider. */
export interface Candidate {
  readonly provider: Provider;
  readonly graph: WayEntry;
}

export interface CandidateRequest {
  readonly model: UsableModel;
  /** Of the photo: 16-bit photos are only given to floating-point graphs. */
  readonly bits: 8 | 16;
  readonly exact: boolean;
  readonly provider: Options['provider'];
}

/**
 * Groups of candidates: the fastest that works of the first group is taken, then of the next. *Auto* is one group; a
 * provider that was named is a group before the CPU's. `hopeless` says in words what was left out at once.
 * Throws `provider-not-available` where no build of the named provider exists for this platform, `unsupported-image`
 * where no graph takes the photo's samples, `bad-request` where `exact` cannot be had.
 */
export function listCandidates(
  request: CandidateRequest,
  platform: Platform = thisPlatform,
): { groups: Candidate[][]; hopeless: string[] } {
  const graphsFor = (provider: Provider): Candidate[] => graphsOn(provider, request).map((graph) => ({ provider, graph }));
  if (request.provider === 'auto') {
    const tried = providers.filter((provider) => provider.platforms.includes(platform) && provider.likely() && provider.missing() === null);
    return { groups: [tried.flatMap(graphsFor)], hopeless: [] };
  }
  const named = providerNamed(request.provider);
  if (!named.platforms.includes(platform)) {
    throw new Problem('provider-not-available', `${named.label} does not exist for this computer (${platform}).`);
  }
  if (named === cpu) return { groups: [graphsFor(cpu)], hopeless: [] };
  const wanted = graphsFor(named);
  const missing = named.missing() ?? (wanted.length === 0 ? `The model ${request.model.id} has no graph for it.` : null);
  return missing === null ? { groups: [wanted, graphsFor(cpu)], hopeless: [] } : { groups: [graphsFor(cpu)], hopeless: [missing] };
}

/** The graphs of a model that a provider may be asked to run for such a photo. */
export function graphsOn(provider: Provider, { model, bits, exact }: Omit<CandidateRequest, 'provider'>): WayEntry[] {
  const graphs: readonly WayEntry[] = model.manifest.graphs;
  const precise = exact ? graphs.filter((graph) => graph.precision === 'fp32') : graphs;
  if (precise.length === 0) throw new Problem('bad-request', `The model ${model.id} has no 32-bit graph: it cannot be run exactly.`);
  const able = provider === cpu ? bySamples(precise, bits) : precise.filter((graph) => bits === 8 || samplesOf(graph) === 'float32');
  if (able.length === 0) throw new Problem('unsupported-image', `The model ${model.id} takes 8-bit photos only.`);
  // Accelerators compute in floating point, and where their pixels are best converted is measured; what int8 gains is
  // gained on processors.
  const suited = able.filter((graph) => (provider === cpu ? graph.precision !== 'fp16' : graph.precision !== 'int8'));
  return suited.length > 0 || provider !== cpu ? suited : able;
}

/** Per precision the graph with the photo's own samples; for 8-bit photos one in floating point where there is no other. */
function bySamples(graphs: readonly WayEntry[], bits: 8 | 16): WayEntry[] {
  const floating = graphs.filter((graph) => samplesOf(graph) === 'float32');
  if (bits === 16) return floating;
  const own = graphs.filter((graph) => samplesOf(graph) === 'uint8');
  return [...own, ...floating.filter((graph) => !own.some((other) => other.precision === graph.precision))];
}

/** The 32-bit graph for the CPU whose answer counts as the model's own, or null where the model has none. */
export function referenceGraph(manifest: Manifest, bits: 8 | 16): WayEntry | null {
  return bySamples(manifest.graphs, bits).find((graph) => graph.precision === 'fp32') ?? null;
}
