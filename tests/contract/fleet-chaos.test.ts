import { expect, it } from 'vitest';
import { chaos } from '../support/fleet-chaos.ts';
import { testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';

/** The short form of `npm run chaos`. */
it(
  'a fleet that is killed, frozen and cut off does every photo once, as one machine does',
  {
    ...needs('redis', 'linux'),
    timeout: 180_000,
  },
  async () => {
    const setting = { kind: 'redis', photos: 12, workers: 2, blows: 4, leaseSeconds: 3, seed: 3, say: () => undefined } as const;
    const { odd, wrong, failed } = await chaos({ folder: await testFolder(), ...setting });
    expect({ odd, wrong, failed }).toEqual({ odd: [], wrong: [], failed: [] });
  },
);
