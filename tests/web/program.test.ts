import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { windowObstacle } from '../../scripts/electron-binary.mjs';
import { temporaryFolder } from '../support/photo-files.ts';
import { builtProgram } from '../support/programs.ts';

interface Started {
  /** Resolves with the address once it has been printed. */
  readonly address: Promise<string>;
  readonly ended: Promise<{ readonly status: number | null; readonly out: string; readonly error: string }>;
  kill(signal: NodeJS.Signals): void;
}

function start(folder: string, program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const own = {
    HOME: folder,
    ONESTEP_STATE: join(folder, 'state'),
    ONESTEP_CACHE: join(folder, 'cache'),
    ONESTEP_SETTINGS: join(folder, 'settings'),
  };
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, error] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
  const address = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [found] = /http:\S+/.exec(out) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const ended = new Promise<{ status: number | null; out: string; error: string }>((resolve) => {
    child.once('close', (status) => resolve({ status, out, error }));
  });
  return { address, ended, kill: (signal) => child.kill(signal) };
}

const web = builtProgram('web.js');

describe('the browser door', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('prints one line, serves the interface, and ends in order at %s', async (signal) => {
    const door = start(await temporaryFolder(), web, ['--no-open']);
    const address = await door.address;
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
    door.kill(signal);
    const { status, out, error } = await door.ended;
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(out).toMatch(/^Onestep is open at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32} \(Ctrl-C ends it\)\n$/);
  });

  it('says in words that the same library is open already', async () => {
    const folder = await temporaryFolder();
    const first = start(folder, web, ['--no-open']);
    await first.address;
    const { status, out, error } = await start(folder, web, ['--no-open']).ended;
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toMatch(/^[A-Z][^\n]+\.\n$/);
    first.kill('SIGTERM');
    await first.ended;
  });

  it('says in words that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { status, error } = await start(await temporaryFolder(), web, ['--no-open', '--port', String(port)]).ended;
    expect({ status, error }).toEqual({ status: 1, error: `Port ${port} is in use. Choose another, or none.\n` });
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--unknown'], ['--help']])(
    'explains itself when it is asked for %s %s',
    async (...words) => {
      const { status, error } = await start(await temporaryFolder(), web, words).ended;
      expect(status).toBe(2);
      expect(error).toContain('Usage: npm run start:browser');
    },
  );
});

describe('npm start', () => {
  it('says why there is no window and opens the browser door', async () => {
    const env = { DISPLAY: '', WAYLAND_DISPLAY: '', ELECTRON_OVERRIDE_DIST_PATH: '', ELECTRON_MIRROR: 'http://127.0.0.1:9/' };
    const program = join(import.meta.dirname, '../../scripts/start.mjs');
    const door = start(await temporaryFolder(), program, ['--no-open'], env);
    await door.address;
    door.kill('SIGTERM');
    const { status, error } = await door.ended;
    expect(status).toBe(0);
    expect(error).toMatch(/^No window: [^\n]+\. Opening the interface in a browser instead\.$/m);
  });

  it('opens no window without a display, and none as root on Linux', () => {
    const linux = { platform: 'linux', userId: 1000 };
    expect(windowObstacle({ ...linux, env: {} })).toContain('display');
    expect(windowObstacle({ ...linux, env: { DISPLAY: ':0' } })).toBeNull();
    expect(windowObstacle({ ...linux, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBeNull();
    expect(windowObstacle({ ...linux, env: { DISPLAY: ':0' }, userId: 0 })).toContain('root');
    expect(windowObstacle({ platform: 'win32', env: {}, userId: undefined })).toBeNull();
    expect(windowObstacle({ platform: 'darwin', env: {}, userId: 0 })).toBeNull();
  });
});
