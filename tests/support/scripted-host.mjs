import { createBirpc } from 'birpc';
import { writeSync } from 'node:fs';

/*
 * A stand-in for the engine process whose misbehaviour is chosen by ONESTEP_TEST_SCRIPT, to test its supervisor:
 * silent: never answers a job nor hears a cancellation; deaf: stays even when its parent goes; webgpu: dies on every job
 * that does not ask for the CPU, after saying that it runs on webgpu; decode: dies while decoding; refuse: dies at start.
 */
const script = process.env.ONESTEP_TEST_SCRIPT;
if (script === 'refuse') {
  writeSync(2, 'no such library\n');
  process.exit(3);
}

const progress = (stage, provider) => ({ fraction: 0.1, stage, provider, pixelsPerSecond: 1, secondsLeft: 1 });
const forever = () => new Promise(() => setInterval(() => undefined, 1000));

const remote = createBirpc(
  {
    'process.open': () => Promise.resolve({ processId: process.pid }),
    'models.list': () => Promise.resolve([]),
    'process.cancel': () => forever(),
    async 'photos.enhance'(jobId, request) {
      if (script === 'silent') {
        await remote.progress.asEvent(jobId, progress('enhance', 'cpu'));
        return forever();
      }
      if (script === 'decode' || (script === 'webgpu' && request.options.provider !== 'cpu')) {
        await remote.progress.asEvent(jobId, script === 'decode' ? progress('decode') : progress('enhance', 'webgpu'));
        writeSync(2, 'driver: lost the device\n');
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20);
        return forever();
      }
      return { provider: request.options.provider, notices: [] };
    },
  },
  { post: (message) => process.send(message), on: (receive) => process.on('message', receive), timeout: -1 },
);
process.on('disconnect', () => process.exit(0));
