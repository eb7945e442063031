import { expect, it } from 'vitest';
import { crumbsOf, folderName } from '../../../../src/renderer/features/library/folder-name.ts';

it.each([
  ['/home/x/Pictures', 'Pictures'],
  ['/home/x/Pictures/', 'Pictures'],
  ['C:\\Users\\x\\Bilder', 'Bilder'],
  ['/', '/'],
])('the name of %s is %s', (path, name) => expect(folderName(path)).toBe(name));

it.each([
  ['/home/x/a b', ['/', '/home', '/home/x', '/home/x/a b']],
  ['/', ['/']],
  ['C:\\Users\\x', ['C:\\', 'C:\\Users', 'C:\\Users\\x']],
  ['\\\\nas\\photos\\2019', ['\\\\nas\\photos\\', '\\\\nas\\photos\\2019']],
])('the folders that lead to %s', (path, folders) => {
  expect(crumbsOf(path).map((crumb) => crumb.path)).toEqual(folders);
});
