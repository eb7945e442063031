import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../support/golden.ts';
import { onestep, writePicture } from '../support/programs.ts';

/** Any of these keeps ONNX Runtime quiet by itself (telemetry_environment.h): a person's computer has none. */
const quieting = [
  'ORT_DISABLE_TELEMETRY',
  'ORT_RUNNING_UNIT_TESTS',
  'CI',
  'TF_BUILD',
  'GITHUB_ACTIONS',
  'JENKINS_URL',
  'TRAVIS',
  'BUILD_ID',
];

describe('ONNX Runtime, while a photo is enhanced', () => {
  it('gives this computer no number and stores nothing to be sent', async () => {
    const folder = await testFolder();
    const home = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    const elsewhere = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), LOCALAPPDATA: home, USERPROFILE: home };
    const env = { ...elsewhere, ...Object.fromEntries(quieting.map((name) => [name, undefined])) };
    const words = ['enhance', 'photo.png', '--model', 'identity-x2', '--scale', '2', '--provider', 'cpu'];
    expect(await onestep(folder, words, { env })).toMatchObject({ status: 0 });
    const kept = await readdir(home, { recursive: true });
    expect(kept.filter((path) => /microsoft|onnxruntime/i.test(path))).toEqual([]);
  });
});
