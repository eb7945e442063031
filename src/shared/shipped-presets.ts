import { defaultOptions, type Options } from './options.ts';

/** Presets that are there from the start; their names are `preset.shipped.<id>`. What they do not say is as usual. */
export const shippedPresets = {
  web: { target: { kind: 'longEdge', pixels: 2048 }, format: 'jpeg', quality: 85 },
  screen: { target: { kind: 'fit', width: 3840, height: 2160 } },
  print: { target: { kind: 'print', widthMm: 300, heightMm: 200, dpi: 300 }, quality: 95 },
  archive: { format: 'tiff', depth: '16', compression: 'deflate' },
} as const satisfies Record<string, Partial<Options>>;

export type ShippedPreset = keyof typeof shippedPresets;
export const shippedPresetIds = Object.keys(shippedPresets) as ShippedPreset[];
export const optionsOfPreset = (id: ShippedPreset): Options => ({ ...defaultOptions, ...shippedPresets[id] });
