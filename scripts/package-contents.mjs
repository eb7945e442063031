/** What an unpacked package consists of: the sizes of its parts and the native code in it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PrepareError, readJson, root } from './prepare.mjs';

/** @typedef {Record<string, number>} Sizes bytes of each part */

/** A part, and the whole, may grow by 5 % before somebody must say that it is meant to; a small part by so much. */
const mayGrow = 1.05;
const smallGrowthBytes = 1_000_000;
export const budgetFile = join(root, 'resources', 'size-budgets.json');

/** What a part is, by the beginning of its path below resources; the first that fits counts. */
const parts = /** @type {const} */ ([
  ['ONNX Runtime', 'app.asar.unpacked/node_modules/onnxruntime-node/bin/'],
  ['sharp and libvips', 'app.asar.unpacked/node_modules/@img/'],
  ['other unpacked packages', 'app.asar.unpacked/node_modules/'],
  ['the engine', 'app.asar.unpacked/'],
  ['window and interface', 'app.asar'],
  ['Node for the engine', 'node'],
  ['models', 'models/'],
  ['the rest', ''],
]);

/** Native libraries that a target cannot do without; DirectML and WebGPU on Windows need theirs, CoreML and WebGPU elsewhere are inside. */
const windows = ['onnxruntime_binding.node', 'onnxruntime.dll', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll'];
const nativeParts = /** @type {Record<string, readonly string[]>} */ ({
  win32: windows,
  darwin: ['onnxruntime_binding.node', 'libonnxruntime.1.dylib'],
  linux: ['onnxruntime_binding.node', 'libonnxruntime.so.1'],
});

/** @param {string} folder @returns {string} where Electron looks for resources: macOS keeps them inside the bundle */
function resourcesIn(folder) {
  const bundle = readdirSync(folder).find((name) => name.endsWith('.app'));
  return bundle === undefined ? join(folder, 'resources') : join(folder, bundle, 'Contents', 'Resources');
}

/** @param {string} folder of an unpacked package @returns {Sizes} */
export function packageSizes(folder) {
  const resources = resourcesIn(folder);
  /** @type {Sizes} */
  const sizes = Object.fromEntries(parts.map(([name]) => [name, 0]));
  for (const entry of readdirSync(resources, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = relative(resources, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    const [name] = parts.find(([, beginning]) => path.startsWith(beginning)) ?? ['the rest'];
    sizes[name] = (sizes[name] ?? 0) + statSync(join(resources, path)).size;
  }
  return sizes;
}

/**
 * @param {string} folder of an unpacked package
 * @returns {{ target: string, missing: string[] }} the target by the native code that is inside, and what it lacks of that
 */
export function nativeTarget(folder) {
  const inside = join(resourcesIn(folder), 'app.asar.unpacked', 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
  const places = existsSync(inside)
    ? readdirSync(inside).flatMap((platform) => readdirSync(join(inside, platform)).map((arch) => ({ platform, arch })))
    : [];
  const [place] = places;
  if (place === undefined || places.length > 1) throw new PrepareError(`${folder} has native code for ${places.length} targets.`);
  const { platform, arch } = place;
  const missing = (nativeParts[platform] ?? []).filter((name) => !existsSync(join(inside, platform, arch, name)));
  return { target: `${platform}-${arch}`, missing };
}

/**
 * @param {Sizes} sizes
 * @param {Sizes} budget
 * @returns {string[]} a sentence for each part that has grown too much, or that the budget does not know, and for the whole
 */
export function grown(sizes, budget) {
  /** @type {(name: string, bytes: number, allowed: number) => string} */
  const sentence = (name, bytes, allowed) => `${name}: ${megabytes(bytes)}, and the budget is ${megabytes(allowed)}`;
  const tooLarge = Object.entries(sizes)
    .map(([name, bytes]) => ({ name, bytes, allowed: budget[name] ?? 0 }))
    .filter(({ bytes, allowed }) => bytes > Math.max(allowed * mayGrow, allowed + smallGrowthBytes))
    .map(({ name, bytes, allowed }) => sentence(name, bytes, allowed));
  const [whole, allowed] = [total(sizes), total(budget)];
  return whole > allowed * mayGrow ? [...tooLarge, sentence('together', whole, allowed)] : tooLarge;
}

/** @param {Sizes} sizes */
export const total = (sizes) => Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** @type {() => Record<string, Sizes>} */
export const sizeBudgets = () => /** @type {Record<string, Sizes>} */ (readJson(budgetFile));
