import { describe, expect, it } from 'vitest';
import { parsePhotoAddress, photoAddress, type PhotoAddress } from '../../../src/shared/photo-addresses.ts';

describe('an address of pixels', () => {
  it.each<PhotoAddress>([
    { kind: 'thumbnail', photo: 17, edge: 256 },
    { kind: 'tile', photo: 17, level: 3, column: 5, row: 2 },
    { kind: 'drift', photo: 18, source: 17 },
    { kind: 'picture', photo: 17 },
  ])('stands for %j', (address) => {
    const [path = ''] = photoAddress(address, 'a version').split('?');
    expect(parsePhotoAddress(path)).toEqual(address);
  });

  it.each([
    '/photo/1',
    '/photo/1/drift',
    '/photo/1/drift/',
    '/photo/1/drift/x',
    '/photo/1/drift/2/3',
    '/photo/1/thumbnail/255',
    '/photo//picture',
  ])('is not %s', (path) => expect(parsePhotoAddress(path)).toBeNull());
});
