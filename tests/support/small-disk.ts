import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with a disk of so many KiB at `folder`, which is made. */
export async function withSmallDisk(folder: string, kibibytes: number, work: () => Promise<void>): Promise<void> {
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder]);
  try {
    await work();
  } finally {
    execFileSync('umount', [folder]);
  }
}

let mountable: boolean | null = null;

/** Whether {@link withSmallDisk} works here: on Linux, for root. */
export function canMount(): boolean {
  mountable ??= process.platform === 'linux' && process.getuid?.() === 0 && mounts();
  return mountable;
}

function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'onestep-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  if (status === 0) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return status === 0;
}
