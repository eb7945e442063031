import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Options } from '../../shared/options.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';

export type ProviderName = Exclude<Options['provider'], 'auto'>;

/** Operating system and processor as Node names them. */
export type Platform = `${NodeJS.Platform}/${NodeJS.Architecture}`;

export interface Provider {
  readonly name: ProviderName;
  readonly label: string;
  /** What goes into the session options. */
  readonly session: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** Where onnxruntime-node's prebuilt binary has it. */
  readonly platforms: readonly Platform[];
  /** Compiles the graph for one size of tile. */
  readonly fixedShape: boolean;
  /** What is not installed, or null. Cheap: looks for files only. */
  readonly missing: () => Sentence | null;
  /** Whether trying it unasked is worth the time: a driver and a device seem to be there. Cheap. */
  readonly likely: () => boolean;
}

export const thisPlatform: Platform = `${process.platform}/${process.arch}`;

const nothing = (): null => null;
const always = (): boolean => true;

/** Where accelerators are looked for first, best first; the CPU is everybody's last resort. Platforms: onnxruntime-node 1.30. */
export const providers: readonly Provider[] = [
  {
    name: 'tensorrt',
    label: 'NVIDIA TensorRT',
    session: { name: 'tensorrt' },
    platforms: ['linux/x64'],
    fixedShape: true,
    missing: () => missingLibrary('libonnxruntime_providers_tensorrt.so'),
    // Building an engine takes minutes; only on demand.
    likely: () => false,
  },
  {
    name: 'cuda',
    label: 'NVIDIA CUDA',
    session: { name: 'cuda' },
    platforms: ['linux/x64'],
    fixedShape: false,
    missing: () => missingLibrary('libonnxruntime_providers_cuda.so'),
    likely: () => existsSync('/dev/nvidia0'),
  },
  {
    name: 'directml',
    label: 'DirectML',
    session: { name: 'dml' },
    platforms: ['win32/x64', 'win32/arm64'],
    fixedShape: true,
    missing: nothing,
    likely: always,
  },
  {
    name: 'coreml',
    label: 'Core ML',
    // ML Program (0x010) with static shapes only (0x008): onnxruntime, coreml_provider_factory.h.
    session: { name: 'coreml', coreMlFlags: 0x018 },
    platforms: ['darwin/arm64'],
    fixedShape: true,
    missing: nothing,
    likely: always,
  },
  {
    name: 'webgpu',
    label: 'WebGPU',
    session: { name: 'webgpu' },
    platforms: ['win32/x64', 'win32/arm64', 'darwin/arm64', 'linux/x64'],
    fixedShape: true,
    missing: () => (process.platform === 'linux' && vulkanDrivers().length === 0 ? sentence('device.noVulkan') : null),
    likely: () => process.platform !== 'linux' || hasGraphicsDevice(),
  },
  {
    name: 'cpu',
    label: 'Processor',
    session: { name: 'cpu' },
    platforms: ['win32/x64', 'win32/arm64', 'darwin/arm64', 'linux/x64', 'linux/arm64'],
    fixedShape: false,
    missing: nothing,
    likely: always,
  },
];

export const providerNamed = (name: ProviderName): Provider => {
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider === undefined) throw new Error(`No provider is called ${name}.`);
  return provider;
};

export const cpu = providerNamed('cpu');

/** CUDA's libraries are not part of the package: they stand beside the binding where someone has installed them. */
function missingLibrary(name: string): Sentence | null {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const library = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch, name);
  return existsSync(library) ? null : sentence('device.noLibrary', { name });
}

/** Installed Vulkan drivers (ICD manifests), found the way the Vulkan loader finds them on Linux. */
export function vulkanDrivers(): string[] {
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (named !== undefined) return named.split(delimiter).filter((file) => file !== '' && existsSync(file));
  const folders = [
    '/usr/share/vulkan/icd.d',
    '/usr/local/share/vulkan/icd.d',
    '/etc/vulkan/icd.d',
    join(homedir(), '.local/share/vulkan/icd.d'),
  ];
  return folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []));
}

function hasGraphicsDevice(): boolean {
  return existsSync('/dev/nvidia0') || (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')));
}
