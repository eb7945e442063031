import { expect, it } from 'vitest';
import { folderName } from '../../../../src/renderer/features/library/folder-name.ts';

it.each([
  ['/home/x/Pictures', 'Pictures'],
  ['/home/x/Pictures/', 'Pictures'],
  ['C:\\Users\\x\\Bilder', 'Bilder'],
  ['/', '/'],
])('the name of %s is %s', (path, name) => expect(folderName(path)).toBe(name));
