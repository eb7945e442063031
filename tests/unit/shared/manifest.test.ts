import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manifestSchema, type OneStepManifest } from '../../../src/shared/manifest.ts';

const hashed = (file: string) => ({ file, sha256: '0'.repeat(64) });
const stages = { precision: 'fp16', encoder: hashed('encoder.onnx'), unet: hashed('unet.onnx'), decoder: hashed('decoder.onnx') } as const;
const oneStep = {
  ...{ schema: 1, id: 'dfosd', name: 'DFOSD', summary: '', pipeline: 'one-step-diffusion', scale: 4 },
  diffusion: {
    step: { kind: 'eps_x0', timestep: 399, alphaBar: 0.4260863636 },
    latent: { channels: 4, factor: 8, scalingFactor: 0.18215 },
    ...{ upscale: 'bicubic', tile: 512, overlap: 64, blend: 'mean', colourFix: 'adain' },
  },
  graphs: [stages],
  options: { strength: { default: 1 }, fidelity: { default: 0 } },
  selfTest: { ...hashed('self-test.bin'), width: 512, height: 512 },
  card: { licence: 'MIT', limits: '' },
} as const;

type Patch = Partial<Omit<OneStepManifest, 'diffusion'>> & { diffusion?: Partial<OneStepManifest['diffusion']> };
const patched = ({ diffusion, ...more }: Patch) => ({ ...oneStep, ...more, diffusion: { ...oneStep.diffusion, ...diffusion } });
const faultOf = (patch: Patch): string | undefined => manifestSchema.safeParse(patched(patch)).error?.issues[0]?.path.join('.');

describe('the manifest of a one-step model', () => {
  it('is read, with what may be left out', () => {
    expect(manifestSchema.parse(oneStep)).toMatchObject({ experimental: false, weights: [] });
    for (const step of [
      { kind: 'eps_x0', timestep: 999 },
      { kind: 'v_x0', timestep: 999, alphaBar: 0.1 },
      { kind: 'residual' },
      { kind: 'flow_x0', sigma: 1 },
      { kind: 'direct' },
      { kind: 'resshift', kappa: 2, eta: 0.9801, seed: 0 },
    ] as const) {
      expect(faultOf({ diffusion: { step } })).toBeUndefined();
    }
  });

  it.each<[string, Patch]>([
    ['diffusion.tile', { diffusion: { tile: 510 }, selfTest: { ...oneStep.selfTest, width: 510, height: 510 } }],
    ['diffusion.tile', { scale: 3, diffusion: { overlap: 63 } }],
    ['diffusion.overlap', { diffusion: { overlap: 256 } }],
    ['diffusion.overlap', { diffusion: { overlap: 62 } }],
    ['diffusion.latent.shift', { diffusion: { latent: { ...oneStep.diffusion.latent, shift: [0.1] } } }],
    ['selfTest', { selfTest: { ...oneStep.selfTest, width: 48 } }],
    ['graphs', { graphs: [{ ...stages, encoder: null }], options: {} }],
    ['options.strength', { graphs: [{ ...stages, encoder: null }], diffusion: { step: { kind: 'direct' } } }],
    ['options.semantic', { options: { semantic: { default: 1 } } }],
    ['options.semantic', { options: { semantic: { default: 1 } }, diffusion: { step: { kind: 'residual' } } }],
    ['options.strength.default', { options: { strength: { default: 2 } } }],
    ['diffusion.step.timestep', { diffusion: { step: { kind: 'eps_x0', timestep: 1000 } } }],
  ])('is refused where %s does not fit', (path, patch) => expect(faultOf(patch)).toBe(path));

  it('takes no option that the pipeline does not have', () =>
    expect(manifestSchema.safeParse({ ...oneStep, options: { denoise: { default: 1 } } }).success).toBe(false));
});

it('a dial of a feed-forward model sets a constant of its graphs, but for grain', () => {
  const model = JSON.parse(readFileSync('models/onestep-photo-2/manifest.json', 'utf8')) as { options: object };
  const isRead = (options: object): boolean => manifestSchema.safeParse({ ...model, options }).success;
  expect(isRead({ strength: { constant: 'strength.bin', default: 1 }, grain: { default: 0.2 } })).toBe(true);
  expect(isRead({ strength: { default: 1 } })).toBe(false);
});
