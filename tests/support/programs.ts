import { spawn } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { goldenFolder } from './golden.ts';

/** The built programs; the tests' global setup builds them. */
export const builtProgram = (name: 'cli.js' | 'engine-host.js' | 'web.js'): string => join(import.meta.dirname, '../../out', name);

export interface CommandResult {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs `onestep` with the golden models, everything of its own inside `folder`. */
export async function onestep(folder: string, words: readonly string[], { env = {}, onOut }: OnestepOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [builtProgram('cli.js'), ...words], {
    cwd: folder,
    env: { ...process.env, ONESTEP_MODELS: goldenFolder, ONESTEP_CACHE: join(folder, '.cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOut?.(out, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, out, error };
}

interface OnestepOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly onOut?: (out: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Writes a picture with some structure in it. */
export async function writePicture(path: string, width = 40, height = 30): Promise<string> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let index = 0; index < pixels.length; index += 1) pixels[index] = (index * 7 + Math.floor(index / (width * 3)) * 13) % 256;
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}
