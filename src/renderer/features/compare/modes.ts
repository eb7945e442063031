import { compareModes } from '../../../shared/settings.ts';

export type CompareMode = (typeof compareModes)[number];

export const nextMode = (mode: CompareMode): CompareMode => compareModes[(compareModes.indexOf(mode) + 1) % compareModes.length] ?? mode;

/** How much a difference is amplified: 1 shows it as it is. */
export const gains = { least: 1, most: 32, first: 4 } as const;
