import { describe, expect, it } from 'vitest';
import { migrate, versionName } from '../../../../src/app/settings/migrations.ts';

type Stored = Readonly<Record<string, unknown>>;

const steps = [
  ({ colour, ...rest }: Stored): Stored => ({ ...rest, theme: colour }),
  ({ theme, ...rest }: Stored): Stored => ({ ...rest, theme: theme === 'black' ? 'dark' : theme }),
];

describe('migrate', () => {
  it.each<[unknown, Stored, Stored]>([
    [undefined, { colour: 'black' }, { theme: 'dark' }],
    [0, { colour: 'light' }, { theme: 'light' }],
    [1, { theme: 'black', colour: 'kept' }, { theme: 'dark', colour: 'kept' }],
    [2, { theme: 'black' }, { theme: 'black' }],
    [7, { theme: 'black' }, { theme: 'black' }],
    ['nonsense', { colour: 'black' }, { theme: 'dark' }],
    [-1, { colour: 'black' }, { theme: 'dark' }],
  ])('goes the steps that are left from version %j', (version, stored, expected) => {
    const before = version === undefined ? stored : { ...stored, [versionName]: version };
    const { [versionName]: _, ...after } = migrate(before, steps);
    expect(after).toEqual(expected);
  });
});
