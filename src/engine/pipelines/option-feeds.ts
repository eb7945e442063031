import type { Manifest } from '../../shared/manifest.ts';
import type { Options } from '../../shared/options.ts';

/** Options that a graph may take as constants. */
export type FedOptions = Pick<Options, 'strength'>;

export interface Feeds {
  /** Constant's file → value: what the session replaces in memory. */
  readonly constants: Readonly<Record<string, number>>;
  /** What was used for each option, null for those that the model does not take. */
  readonly used: { readonly [Name in keyof FedOptions]: number | null };
}

/** Maps options to the constants that the manifest names for them; an option that is null takes the model's default. */
export function feedOptions(manifest: Manifest, options: FedOptions): Feeds {
  const constants: Record<string, number> = {};
  const feed = (name: keyof FedOptions): number | null => {
    const mapping = manifest.options[name];
    if (mapping === undefined) return null;
    const value = options[name] ?? mapping.default;
    constants[mapping.constant] = value;
    return value;
  };
  return { used: { strength: feed('strength') }, constants };
}

/** The options as the model's stored answer was computed. */
export const defaultFeeds = (manifest: Manifest): Feeds => feedOptions(manifest, { strength: null });
