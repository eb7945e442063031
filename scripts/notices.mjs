/**
 * `npm run notices`: writes THIRD-PARTY-NOTICES.md from package-lock.json and the licence files of node_modules. The text is the
 * same on every platform: packages for particular platforms are listed from the lock file, whether they are installed or not.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeOrCheck } from './freshness.mjs';
import { readJson, root } from './prepare.mjs';

/** @typedef {{ version: string, license?: string, dev?: boolean, devOptional?: boolean, optional?: boolean }} Entry */
/** @typedef {{ name: string, version: string, licence: string, optional: boolean, place: string }} Package */

const mitTerms = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Licence texts of packages that ship none. ONNX Runtime's own third parties: ThirdPartyNotices.txt in microsoft/onnxruntime. */
const microsoft = `MIT License\n\nCopyright (c) Microsoft Corporation\n\n${mitTerms}`;
/** Apache's terms, as sharp ships them, and those that stand in the source of the part that comes from Google. */
const protobuf = (() => {
  const modules = join(root, 'node_modules');
  const [google = ''] = /^(\/\/.*\n)+/.exec(readFileSync(join(modules, '@bufbuild/protobuf/dist/esm/wire/varint.js'), 'utf8')) ?? [];
  const apache = readFileSync(join(modules, 'sharp/LICENSE'), 'utf8').trim();
  return `${apache}\n\nFor the encoding of integers:\n\n${google.replaceAll(/^\/\/ ?/gm, '').trim()}`;
})();
const richHarris = `MIT License\n\nCopyright (c) Rich Harris\n\n${mitTerms}`;
const krivosheev = `MIT License\n\nCopyright (c) Vladimir Krivosheev\n\n${mitTerms}`;
const missingTexts = new Map([
  ['@bufbuild/protobuf', protobuf],
  ['onnxruntime-node', microsoft],
  ['onnxruntime-common', microsoft],
  ['lazy-val', krivosheev],
  ['is-reference', richHarris],
  ['locate-character', richHarris],
  ['pg-types', `MIT License\n\nCopyright (c) 2014 Brian M. Carlson\n\n${mitTerms}`],
  ['pgpass', `MIT License\n\nCopyright (c) 2013-2016 Hannes Hörl\n\n${mitTerms}`],
]);

/** @returns {Package[]} what the product needs at run time, sorted by name */
function shippedPackages() {
  const lock = /** @type {{ packages: Record<string, Entry> }} */ (readJson(join(root, 'package-lock.json')));
  return Object.entries(lock.packages)
    .filter(([place, entry]) => place !== '' && entry.dev !== true && entry.devOptional !== true)
    .map(([place, { version, license, optional }]) => {
      const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, licence: license ?? 'not stated', optional: optional === true, place };
    })
    .sort((a, b) => (a.place < b.place ? -1 : 1));
}

/** @param {Package} shipped @returns {string} its licence text, or where none comes with it, its licence's name */
function licenceText({ name, licence, place }) {
  const folder = join(root, place);
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)([.-]|$)/i.test(entry));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  const known = missingTexts.get(name);
  if (known === undefined) throw new Error(`${name} (${licence}) ships no licence file: add its text to missingTexts.`);
  return known;
}

/** The table of the libraries inside the prebuilt libvips, the same in every platform's package. */
function libvipsTable() {
  const scope = join(root, 'node_modules', '@img');
  const readme = readdirSync(scope)
    .filter((name) => /^sharp-(libvips-|win32-)/.test(name))
    .map((name) => join(scope, name, 'README.md'))
    .find((path) => existsSync(path));
  if (readme === undefined) throw new Error('No prebuilt libvips is installed.');
  const text = readFileSync(readme, 'utf8').replaceAll('\r\n', '\n');
  const start = text.indexOf('This software contains third-party libraries');
  if (start < 0) throw new Error(`${readme} no longer lists what libvips contains.`);
  return text.slice(start, text.indexOf('Please report any errors')).trim();
}

const packages = shippedPackages();
const everywhere = packages.filter(({ optional }) => !optional);
const somewhere = packages.filter(({ optional }) => optional);

const sections = [
  '# Third-party notices',
  'Generated by `npm run notices`; do not edit. Onestep itself is under the MIT licence (LICENSE). It uses these packages.',
  '## On some platforms only',
  'Native builds of sharp (Apache-2.0) and libvips (LGPL-3.0-or-later, linked dynamically and replaceable) for one operating system and processor each, and what their WebAssembly builds need:',
  somewhere.map(({ name, version, licence }) => `- ${name} ${version}: ${licence}`).join('\n'),
  '### Inside the prebuilt libvips',
  libvipsTable(),
  '## On every platform',
  ...everywhere.map((shipped) => {
    return `### ${shipped.name} ${shipped.version}\n\n${shipped.licence}\n\n\`\`\`text\n${licenceText(shipped)}\n\`\`\``;
  }),
];
writeOrCheck('THIRD-PARTY-NOTICES.md', `${sections.join('\n\n')}\n`);
