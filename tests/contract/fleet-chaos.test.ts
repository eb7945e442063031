import { describe, expect, it } from 'vitest';
import { chaos, type ChaosSetting } from '../support/fleet-chaos.ts';
import { testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';

/** The short form of `npm run chaos`, which takes PostgreSQL too (`npm run chaos -- postgres`). */
describe('a fleet that is killed, frozen and cut off does every photo once, as one machine does', () => {
  const outcome = async (setting: Pick<ChaosSetting, 'kind' | 'apart' | 'photos' | 'blows'>) => {
    const short = { workers: 2, leaseSeconds: 3, seed: 3, say: () => undefined };
    const { odd, wrong, failed } = await chaos({ folder: await testFolder(), ...short, ...setting });
    return { odd, wrong, failed };
  };
  const fine = { odd: [], wrong: [], failed: [] };

  it(
    'on Redis, in networks of their own, which see the folder in different places, with equal process numbers',
    { ...needs('redis', 'openssl', 'networks'), timeout: 300_000 },
    async () => {
      expect(await outcome({ kind: 'redis', apart: true, photos: 8, blows: 4 })).toEqual(fine);
    },
  );
});
