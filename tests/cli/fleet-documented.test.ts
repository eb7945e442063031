import { execSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { onPath } from '../../scripts/system-packages.mjs';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { builtProgram, onestep, writePicture } from '../support/programs.ts';
import { freePort } from '../support/queue-servers.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/user/fleet.md'), 'utf8');
/** What the page says in a block of code that matches. */
const said = (pattern: RegExp): string => pattern.exec(page)?.[1] ?? '';

/** The server of the page's compose.yaml, with the certificate, the user and the words that the page gives, under the name `localhost`. */
async function documentedServer(folder: string): Promise<number> {
  execSync(said(/^(openssl .*)$/m).replaceAll('nas', 'localhost'), { cwd: folder, stdio: 'ignore' });
  await writeFile(join(folder, 'users.acl'), said(/```\n(user default off\n.*\n)```/).replace('PASSWORD', 'correct-horse'));
  const port = await freePort();
  const [program = '', ...words] = said(/command: >-\n((?: {6}.*\n)+)/)
    .trim()
    .split(/\s+/)
    .map((word) => word.replace('/config/', `${folder}/`).replace('6380', String(port)));
  expect(program).toBe('valkey-server');
  const server = spawn(onPath(program) ? program : 'redis-server', [...words, '--dir', folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void server.kill('SIGKILL'));
  let output = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/Ready to accept|Aborting/);
  expect(output).not.toContain('Aborting');
  return port;
}

it(
  'the server of docs/user/fleet.md, with its certificate, its password and its rights, takes photos and gives them',
  needs('redis', 'openssl'),
  async () => {
    const folder = await testFolder();
    const port = await documentedServer(folder);
    await mkdir(join(folder, 'nas/in'), { recursive: true });
    await writePicture(join(folder, 'nas/in/photo.png'));
    await writeFile(join(folder, 'word'), 'correct-horse\n');
    await chmod(join(folder, 'word'), 0o600);
    const env = {
      ONESTEP_QUEUE: `rediss://localhost:${port}`,
      ONESTEP_QUEUE_USER: 'onestep',
      ONESTEP_QUEUE_PASSWORD_FILE: 'word',
      ONESTEP_QUEUE_CA: 'queue.crt',
    };
    const fleet = (words: string[], other: NodeJS.ProcessEnv = {}) => onestep(folder, ['fleet', ...words], { env: { ...env, ...other } });
    await fleet(['init', 'nas', '--name', 'nas']);
    const twice = ['--model', 'identity-x2', '--scale', '2'];
    expect(await fleet(['add', 'nas/in', '--map', 'nas=nas', ...twice])).toMatchObject({ status: 0, error: '' });
    const surroundings = { ...process.env, ...env, ONESTEP_MODELS: goldenFolder, ONESTEP_CACHE: join(folder, '.cache') };
    const words = [builtProgram('cli.js'), 'worker', '--map', 'nas=nas', '--provider', 'cpu'];
    const worker = spawn(process.execPath, words, { cwd: folder, env: surroundings, stdio: 'ignore' });
    onTestFinished(() => void worker.kill('SIGKILL'));
    await expect.poll(() => readdir(join(folder, 'nas/in')), { timeout: 60_000 }).toContain('photo_2x.png');
    await expect.poll(async () => (await fleet(['status'])).out, { timeout: 60_000 }).toMatch(/^0 photos waiting, 0 at work, 0 failed\.\n/);
    for (const word of ['pause', 'resume', 'cancel', 'retry']) expect(await fleet([word])).toMatchObject({ status: 0, error: '' });
    worker.kill('SIGTERM');
    expect(await once(worker, 'exit')).toEqual([0, null]);
    // Whoever is not let in is told, and so is whoever meets another server than the one that is meant.
    const wrong = { ONESTEP_QUEUE_PASSWORD: 'wrong', ONESTEP_QUEUE_PASSWORD_FILE: '' };
    for (const other of [wrong, { ONESTEP_QUEUE_CA: '' }])
      expect(await fleet(['status'], other)).toMatchObject({
        status: 3,
        error: expect.stringMatching(/^(The queue|Name or password|The name|The certificate)/) as string,
      });
  },
);
