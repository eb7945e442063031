import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { importableSteps, type DiffusionDetails } from '../shared/engine-protocol.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';

interface Said extends DiffusionDetails {
  readonly diffusers?: string;
}

/** What a one-step model is made of, as the command line says it. */
interface DiffusionImport {
  readonly paths: readonly string[];
  readonly details: DiffusionDetails;
}

/**
 * Adds the options of importing Stable Diffusion to a command. The answer reads them once the command runs: null where none was
 * given. It throws `bad-request` where they make no sense.
 */
export function addDiffusionOptions(command: Command): (files: readonly string[]) => DiffusionImport | null {
  command
    .option('--diffusers <folder>', 'make a one-step model from a Stable Diffusion 2.1-base folder in the diffusers layout')
    .option('--lora <file>', 'the LoRA weights that are merged into it: .safetensors, or the .pkl of OSEDiff or PiSA-SR')
    .option('--lora-scale <factor>', 'alpha / rank of the LoRA, if its file does not say', numberIn(0, 100))
    .option(
      '--embedding <file>',
      'what it sees instead of a text prompt: .safetensors, .pt or .npy; by default embedding.safetensors beside the LoRA',
    )
    .option(
      '--timestep <step>',
      'the step that a photo is taken for, 0 to 999; by default 399, or what the LoRA was made for',
      numberIn(0, 999, Number.isInteger),
    )
    .addOption(new Option('--step <kind>', 'how the clean latent follows; by default what the LoRA was made for').choices(importableSteps))
    .option('--keep-fp32', 'store weights as 32-bit floats, at twice the size');
  return (files) => {
    const { diffusers, lora, loraScale, embedding, timestep, step, keepFp32 } = command.opts<Said>();
    if (diffusers === undefined) {
      if (files.length === 0)
        throw new Problem('bad-request', sentence('import.whichFiles'), { advice: sentence('import.whichFiles.advice') });
      const others = { lora, loraScale, embedding, timestep, step, keepFp32 };
      const [alone] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
      if (alone === undefined) return null;
      return { paths: files, details: details(others) };
    }
    if (files.length > 0) throw new Problem('bad-request', sentence('import.stableAlone'));
    return { paths: [resolve(diffusers)], details: details({ lora, loraScale, embedding, timestep, step, keepFp32 }) };
  };
}

const details = ({ lora, embedding, ...others }: DiffusionDetails): DiffusionDetails => ({
  ...others,
  ...(lora === undefined ? {} : { lora: resolve(lora) }),
  ...(embedding === undefined ? {} : { embedding: resolve(embedding) }),
});

const numberIn =
  (least: number, most: number, isRight: (value: number) => boolean = Number.isFinite) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most && isRight(value)) return value;
    throw new InvalidArgumentError(`A number from ${least} to ${most} is needed.`);
  };
