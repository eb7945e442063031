import type { EnlargingManifest } from '../../shared/manifest.ts';
import { eachDial, noDials, type Dials } from '../../shared/options.ts';

/** What is used for each dial: what is not asked for is the model's default, null what it does not take. */
export const usedDials = ({ options: taken }: Pick<EnlargingManifest, 'options'>, asked: Dials): Dials =>
  eachDial((name) => (taken[name] === undefined ? null : (asked[name] ?? taken[name].default)));

/** What the model does by itself. */
export const defaultDials = (manifest: Pick<EnlargingManifest, 'options'>): Dials => usedDials(manifest, noDials);
