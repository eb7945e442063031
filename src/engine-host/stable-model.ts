import { basename } from 'node:path';
import { convertStable } from '../convert/diffusion/convert-stable.ts';
import { finishOneStep } from '../engine/imports/finish-one-step.ts';
import type { DiffusionDetails } from '../shared/engine-protocol.ts';
import type { ForeignModel } from './foreign-model.ts';

/** A folder of Stable Diffusion with what makes a one-step model of it. */
export const stableModel = (path: string, details: DiffusionDetails, threads: number): ForeignModel => ({
  name: basename(path),
  title: details.lora === undefined ? basename(path) : basename(details.lora).replace(/\.\w+$/, ''),
  convert: async (folder, watch) => {
    const { kind, sources, recipe, card, ...parts } = await convertStable({ folder: path }, details, folder, watch);
    return {
      kind,
      scale: parts.scale,
      sources,
      recipe,
      finish: ({ card: common, ...identity }, finishing) => {
        const manifest = { ...identity, pipeline: 'one-step-diffusion', ...parts, card: { ...card, ...common } } as const;
        return finishOneStep({ folder, threads, manifest }, finishing);
      },
    };
  },
});
