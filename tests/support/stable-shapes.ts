import type { AutoencoderConfig, StableConfig, UnetConfig } from '../../src/convert/diffusion/config.ts';
import type { Keys } from '../../src/convert/diffusion/keys.ts';
import { unetKeys, autoencoderKeys } from '../../src/convert/diffusion/keys.ts';
import { storedTensor, type StateDict } from '../../src/convert/weights/state-dict.ts';

/** Stable Diffusion 2.1-base. */
export const stable21: StableConfig = {
  unet: {
    ...{ latentChannels: 4, channels: [320, 640, 1280, 1280], heads: [5, 10, 20, null], middleHeads: 20, depth: 2 },
    ...{ context: 1024, groups: 32, epsilon: 1e-5, upcast: false },
  },
  autoencoder: { latentChannels: 4, channels: [128, 256, 512, 512], depth: 2, groups: 32, scalingFactor: 0.18215 },
  prediction: 'epsilon',
};

/** The same networks, as narrow as can be. */
export const tinyUnet: UnetConfig = {
  ...{ latentChannels: 4, channels: [8, 16, 16, 16], heads: [1, 2, 2, null], middleHeads: 2, depth: 2 },
  ...{ context: 12, groups: 4, epsilon: 1e-5, upcast: false },
};
export const tinyAutoencoder: AutoencoderConfig = {
  latentChannels: 4,
  channels: [8, 16, 16, 16],
  depth: 2,
  groups: 4,
  scalingFactor: 0.18215,
};
export const tinyStable: StableConfig = { unet: tinyUnet, autoencoder: tinyAutoencoder, prediction: 'epsilon' };

/** Weights that nobody may read: for what is known from shapes alone. */
export const unread = (keys: Keys): StateDict =>
  new Map([...keys].map(([name, dims]) => [name, storedTensor('f16', dims, () => Promise.reject(new Error(`${name} was read`)))]));

export const keysOf = ({ unet, autoencoder }: StableConfig): Record<'unet' | 'vae', Keys> => ({
  unet: unetKeys(unet),
  vae: autoencoderKeys(autoencoder),
});
