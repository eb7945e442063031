import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { PhotoRegister } from '../../src/app/photos/photo-register.ts';
import { Previews } from '../../src/app/queue/previews.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { crop, nearest, same } from '../support/memory-pixels.ts';
import { builtProgram, writePicture } from '../support/programs.ts';
import { twice } from '../support/queue-setup.ts';

const size = { width: 300, height: 200 };
const format = { ...size, channels: 3, bits: 8 } as const;

async function setUp() {
  const folder = await testFolder();
  const engine = new SupervisedEngine({
    launch: nodeLauncher(builtProgram('engine-host.js')),
    settings: { modelFolders: [goldenFolder], cacheFolder: folder, temporaryFolder: join(folder, 'temporary'), threads: 1 },
  });
  onTestFinished(() => engine.close());
  const register = new PhotoRegister();
  const source = await writePicture(join(folder, 'a.png'), size.width, size.height);
  await register.allow(source);
  const previews = new Previews(engine.photos, register, folder);
  return { folder, engine, register, previews, source, id: register.idOf(source) };
}

it('enhances a part with several models, exactly, as photos that may be looked at', async () => {
  const { folder, register, previews, source, id } = await setUp();
  await mkdir(join(folder, 'previews'));
  await writeFile(join(folder, 'previews', 'of-an-earlier-run.tif'), '');
  const region = { left: 10, top: 20, width: 50, height: 40 };
  const made = await Promise.all(
    (['identity-x2', 'convolution-x2'] as const).map((model) => previews.make(id, region, { ...twice, model })),
  );
  expect(made).toMatchObject([
    { width: 100, height: 80, model: 'identity-x2' },
    { width: 100, height: 80, model: 'convolution-x2' },
  ]);
  const path = await register.readable(made[0]?.photo ?? -1);
  const pixels = await sharp(path).raw().toBuffer();
  const whole = await sharp(source).raw().toBuffer();
  expect(same(new Uint8Array(pixels), nearest({ ...format, ...region }, crop(format, new Uint8Array(whole), region), 2))).toBe(true);
  expect((await readdir(join(folder, 'previews'))).length).toBe(2);
  expect((await readdir(folder)).filter((name) => name.includes('_2x'))).toEqual([]);
});

it('shows a part at the models’ factor where the size needs a resampling, and refuses what is too large or outside', async () => {
  const { folder, previews, register, id } = await setUp();
  const region = { left: 0, top: 0, width: 50, height: 40 };
  const options = { ...twice, target: { kind: 'longEdge', pixels: 500 } } as const;
  expect(await previews.make(id, region, options)).toMatchObject({ width: 100, height: 80 });
  await expect(previews.make(id, { ...region, width: 301 }, twice)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(previews.make(id + 99, region, twice)).rejects.toMatchObject({ code: 'not-found' });
  const large = join(folder, 'large.png');
  const side = 2001;
  await sharp({ create: { width: side, height: side, channels: 3, background: 'teal' } }).toFile(large);
  await register.allow(large);
  await expect(previews.make(register.idOf(large), { left: 0, top: 0, width: side, height: side }, twice)).rejects.toMatchObject({
    code: 'bad-request',
    message: 'This part is too large for a preview.',
  });
});

it('gives up a part when another is asked for', async () => {
  const { previews, id } = await setUp();
  const left = previews.make(id, { left: 0, top: 0, width: 300, height: 200 }, twice);
  const waiting = previews.make(id, { left: 0, top: 0, width: 300, height: 200 }, twice);
  const right = previews.make(id, { left: 200, top: 0, width: 50, height: 50 }, twice);
  await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(await right).toMatchObject({ width: 100, height: 100 });
  previews.cancel();
  expect(await previews.make(id, { left: 0, top: 0, width: 20, height: 20 }, twice)).toMatchObject({ width: 40, height: 40 });
});
