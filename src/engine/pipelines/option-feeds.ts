import type { FeedForwardManifest, Manifest } from '../../shared/manifest.ts';
import { dialNames, type DialName, type Options } from '../../shared/options.ts';

/** What was used for each dial, null for those that the model does not take. */
export type UsedDials = Readonly<Record<DialName, number | null>>;

/** An option that is null takes the model's default. */
export function usedDials({ options: taken }: Manifest, asked: Pick<Options, DialName>): UsedDials {
  const used = (name: DialName): number | null => (taken[name] === undefined ? null : (asked[name] ?? taken[name].default));
  return { strength: used('strength'), semantic: used('semantic'), fidelity: used('fidelity') };
}

/** Constant's file → value: what the session replaces in memory, by the mapping of the manifest. */
export function constantsFor({ options: taken }: FeedForwardManifest, used: UsedDials): Record<string, number> {
  const constants: Record<string, number> = {};
  for (const name of dialNames) {
    const [mapping, value] = [taken[name], used[name]];
    if (mapping !== undefined && value !== null) constants[mapping.constant] = value;
  }
  return constants;
}

/** The constants with which the model's stored answer was computed. */
export const defaultConstants = (manifest: Manifest): Record<string, number> =>
  manifest.pipeline === 'feed-forward'
    ? constantsFor(manifest, usedDials(manifest, { strength: null, semantic: null, fidelity: null }))
    : {};
