import { spawnSync } from 'node:child_process';
import type { TestOptions } from 'vitest';
import { electronBinary } from '../../scripts/electron-binary.mjs';
import { installCommand, onPath, systemParts } from '../../scripts/system-packages.mjs';
import { findChromium } from './chromium.ts';
import { canFail } from './failing-disk.ts';
import { canMakePlaces } from './network-place.ts';
import { referencePython } from './reference-networks.ts';
import { hasSharedData, hasSharedReference } from './shared-data.ts';
import { canMount } from './small-disk.ts';

/** Something of the machine that a test cannot do without. */
interface Need {
  readonly present: () => boolean;
  /** What is said where it is absent. */
  readonly lack: string;
  /** The command that brings it; null where none does, for it is another machine, system or user. */
  readonly mend: string | null;
}

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test was skipped: what `npm test` counts at its end. */
    lacks?: { readonly lack: string; readonly mend: string | null };
  }
}

type Part = (typeof systemParts)[keyof typeof systemParts];
const installed = (part: Part, present: () => boolean = part.present): Need => ({
  present,
  lack: `no ${part.name}`,
  mend: installCommand(part),
});
const given = (present: boolean, lack: string): Need => ({ present: () => present, lack, mend: null });
const { platform, arch } = process;

const table = {
  chromium: installed(systemParts.chromium, () => findChromium() !== null),
  display: installed(systemParts.display),
  vulkan: installed(systemParts.vulkan),
  exiftool: installed(systemParts.exiftool),
  openssl: installed(systemParts.openssl),
  redis: installed(systemParts.redis),
  postgres: installed(systemParts.postgres),
  desktopEntries: installed(systemParts.desktopEntries),
  metainfo: installed(systemParts.metainfo),
  trainingKit: { present: () => referencePython !== null, lack: 'no training/.venv', mend: 'npm run setup:training' },
  sharedData: given(hasSharedData, 'no photos and weights in ../shared/data'),
  sharedReference: given(hasSharedReference, 'no tables in ../shared/reference'),
  electron: given(electronBinary({}) !== null, 'no Electron itself; its stand-in is tried'),
  dpkg: given(onPath('dpkg-deb'), 'no dpkg: this is no Debian'),
  linux: given(platform === 'linux', 'only on Linux'),
  linuxX64: given(platform === 'linux' && arch === 'x64', 'only on Linux with an x64 processor'),
  notWindows: given(platform !== 'win32', 'not on Windows'),
  notRoot: given(process.getuid?.() !== 0, 'not as root, who may read and write everywhere'),
  failingDisk: { present: canFail, lack: 'no C compiler, or no Linux: calls of the system cannot be made to fail', mend: null },
  namespaces: {
    present: () => spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0,
    lack: 'only as root on Linux, where processes can be given namespaces of their own',
    mend: null,
  },
  networks: { present: canMakePlaces, lack: 'only as root on Linux, where networks can be given namespaces of their own', mend: null },
  smallDisk: { present: canMount, lack: 'only as root on Linux, where a small disk can be mounted', mend: null },
} satisfies Record<string, Need>;
export type NeedName = keyof typeof table;

/** `it('…', needs('chromium'), …)`: the test, or all of a `describe`, is skipped where one of them is absent, and says so. */
export function needs(...names: readonly NeedName[]): Pick<TestOptions, 'skip' | 'meta'> {
  const missing = names.map((name) => table[name]).find(({ present }) => !present());
  return missing === undefined ? {} : { skip: true, meta: { lacks: { lack: missing.lack, mend: missing.mend } } };
}
