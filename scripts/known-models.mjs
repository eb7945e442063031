/**
 * `node scripts/known-models.mjs FOLDER`: writes src/import/known-models.json, what is known of model files by their sha256, from a copy of
 * github.com/OpenModelDB/open-model-database in FOLDER and from our own catalogue. Facts only: name, author, licence, scale, purpose.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** @param {string} path @returns {unknown} */
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * @typedef {object} Entry of the database
 * @property {string} name
 * @property {string | string[]} author ids of users
 * @property {string | null} license
 * @property {number} scale
 * @property {string[]} tags
 * @property {string} architecture
 * @property {{ sha256: string }[]} resources
 */
/** @typedef {{ models: { name: string, author: string, licence: string, scale: number, purpose: string, files: { sha256: string }[] }[] }} Catalogue */

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Where is open-model-database?');

/** Architectures of films, which take more than one picture. */
const films = new Set(['sofvsr', 'cain', 'cain-yuv', 'rife', 'tscunet']);
/** What a model is for, by the first of these tags that it has. */
const purposes = Object.entries({
  faces: ['faces'],
  text: ['text'],
  drawings: ['anime', 'cartoon', 'manga', 'pixel-art'],
  games: ['game-textures', 'game-screenshots', 'dds', 'texture-generation', 'cgi'],
  damaged: ['compression-removal', 'jpeg', 'denoise', 'deblur', 'dehalftone', 'dehalo', 'debanding', 'dedither', 'anti-aliasing'],
  photos: ['photo', 'general-upscaler', 'ai-generated'],
});
/** @param {string[]} tags @param {number} scale */
function purposeOf(tags, scale) {
  const isFor = (/** @type {string} */ purpose) =>
    purposes.find(([name]) => name === purpose)?.[1].some((tag) => tags.includes(tag)) === true;
  // Many say that they are for everything: photos come first, unless all that is done is cleaning.
  if (isFor('photos') && !(scale === 1 && isFor('damaged'))) return 'photos';
  return purposes.find(([name]) => isFor(name))?.[0] ?? '';
}

const users = new Map(Object.entries(/** @type {Record<string, { name: string }>} */ (read(join(folder, 'data', 'users.json')))));
/** @type {Record<string, string>} */
const known = {};
/** @param {string} sha256 @param {(string | number)[]} facts */
const add = (sha256, facts) => {
  known[sha256] = facts.map((fact) => String(fact).replaceAll('\t', ' ')).join('\t');
};
for (const file of readdirSync(join(folder, 'data', 'models')).sort()) {
  const entry = /** @type {Entry} */ (read(join(folder, 'data', 'models', file)));
  const { name, author, license: licence, scale, tags, architecture, resources } = entry;
  if (films.has(architecture)) continue;
  const authors = [author].flat().map((id) => users.get(id)?.name ?? id);
  for (const { sha256 } of resources) {
    if (!/^[0-9a-f]{64}$/.test(sha256)) continue;
    const title = /^\d+x/i.test(name.trim()) ? name.trim() : `${scale}x ${name.trim()}`;
    add(sha256, [title, authors.join(', '), licence ?? '', scale, purposeOf(tags, scale)]);
  }
}
// What we say ourselves comes last, and counts.
for (const { name, author, licence, scale, purpose, files } of /** @type {Catalogue} */ (read('models/catalogue.json')).models) {
  for (const { sha256 } of files) add(sha256, [name, author, licence, scale, purpose === 'clean' ? 'damaged' : purpose]);
}
const rows = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync('src/import/known-models.json', `${JSON.stringify(rows, null, 2)}\n`);
process.stdout.write(`${Object.keys(rows).length} files\n`);
