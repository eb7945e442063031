import type { AdapterPart } from './adapter-names.ts';

/** How a one-step model is computed that says nothing about it itself. */
export interface Habits {
  readonly step: 'eps_x0' | 'v_x0' | 'residual';
  readonly timestep: number;
}

/** Whose files have such names, and what their authors leave unsaid in them. */
export interface AdapterLayout extends Habits {
  readonly label: string;
  /** Of a rank that is not equal to it; null where the two are equal unless the file says otherwise. */
  readonly alpha: number | null;
  /** Which adapters keep to the pixels, where those that invent details are apart from them. */
  readonly isPixel: ((adapter: string) => boolean) | null;
}

/** DFOSD's, with the step that its group's later code uses (OSDFace, DOVE). */
export const paperHabits: Habits = { step: 'eps_x0', timestep: 399 };

const layouts = {
  // peft's default of lora_alpha, which both leave as it is (osediff.py, pisasr.py: LoraConfig without it).
  pisa: {
    label: 'PiSA-SR',
    alpha: 8,
    step: 'residual',
    timestep: 1,
    isPixel: (adapter: string): boolean => adapter.endsWith('_pix'),
  },
  osediff: { label: 'OSEDiff', alpha: 8, step: 'eps_x0', timestep: 999, isPixel: null },
  kohya: { label: 'kohya', alpha: null, ...paperHabits, isPixel: null },
  diffusers: { label: 'diffusers', alpha: null, ...paperHabits, isPixel: null },
} as const satisfies Record<string, AdapterLayout>;

/** @param names as the file has them */
export function layoutOf(names: readonly string[], parts: readonly AdapterPart[]): AdapterLayout {
  const adapters = new Set(parts.map(({ adapter }) => adapter));
  const some = (pattern: RegExp): boolean => [...adapters].some((adapter) => pattern.test(adapter));
  if (some(/^default_(encoder|decoder|others)_(pix|sem)$/)) return layouts.pisa;
  if (some(/^default_(encoder|decoder|others)$/)) return layouts.osediff;
  return names.some((name) => name.startsWith('lora_unet_')) ? layouts.kohya : layouts.diffusers;
}
