/**
 * `npm run screenshots -- examples`: what each kind of model does, as the window shows it: one computed picture for each, as it was
 * and as our own models make it, in src/renderer/examples. Nothing of them is photographed, so that they belong to nobody.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { writeScenery } from '../tests/support/scenery.mjs';
import { root } from './prepare.mjs';

const target = join(root, 'src', 'renderer', 'examples');
/** Of what is shown, in pixels. */
const shown = { width: 480, height: 240 };
/** Clear outlines and even colours. */
const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="240">
  <rect width="480" height="240" fill="#9fd8ef"/><circle cx="392" cy="58" r="30" fill="#ffd95e" stroke="#222" stroke-width="4"/>
  <path d="M0 190 Q90 110 190 170 T480 140 V240 H0Z" fill="#7cc36a" stroke="#222" stroke-width="4"/>
  <g fill="#fff" stroke="#222" stroke-width="4" stroke-linejoin="round"><path d="M196 96 h88 v86 h-88z" fill="#fff3dc"/>
  <path d="M182 100 L240 50 L298 100Z" fill="#e2604f"/><path d="M226 138 h28 v44 h-28z" fill="#9a6a3c"/><circle cx="240" cy="82" r="9"/></g>
  <g stroke="#222" stroke-width="4" stroke-linecap="round" fill="none"><path d="M60 74 q14 -14 28 0 q14 -14 28 0"/><path d="M330 196 v-46 M330 168 l-16 -14 M330 160 l15 -15"/></g>
</svg>`;

/** A picture so many times smaller than it is shown. @param {string | Buffer} from @param {number} factor */
const small = (from, factor) => sharp(from).resize(shown.width / factor, shown.height / factor, { kernel: 'lanczos3', position: 'bottom' });

/** Grey noise over a picture. @param {import('sharp').Sharp} picture @param {number} sigma */
async function noisy(picture, sigma) {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let state = 7;
  const uniform = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let index = 0; index < data.length; index += 1) {
    const grain = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    data[index] = Math.min(255, Math.max(0, (data[index] ?? 0) + sigma * grain));
  }
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
}

/** @typedef {{ model: string, scale: number, write: (scenery: string, to: string) => Promise<unknown> }} Example */
/** @type {Readonly<Record<string, Example>>} */
const examples = {
  photos: { model: 'onestep-photo-x4', scale: 4, write: (scenery, to) => small(scenery, 4).png().toFile(to) },
  damaged: {
    model: 'onestep-photo-2',
    scale: 4,
    write: async (scenery, to) =>
      sharp(await (await noisy(small(scenery, 4), 6)).jpeg({ quality: 40 }).toBuffer())
        .png()
        .toFile(to),
  },
  drawings: { model: 'onestep-photo-2', scale: 4, write: (_, to) => small(Buffer.from(drawing), 4).png().toFile(to) },
  clean: {
    model: 'onestep-photo-2',
    scale: 1,
    write: async (scenery, to) => (await noisy(small(scenery, 1), 22)).png().toFile(to),
  },
};

mkdirSync(target, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'onestep-examples-'));
try {
  for (const [index, [name, { model, scale, write }]] of Object.entries(examples).entries()) {
    const scenery = join(folder, `scenery-${index}.jpg`);
    await writeScenery(scenery, 960, 560, 4 + index, 95);
    const source = join(folder, `${name}.png`);
    await write(scenery, source);
    const words = ['--model', model, '--scale', String(scale), '--format', 'png', '--name', '{name}-after', '--output', folder];
    execFileSync(process.execPath, [join(root, 'out', 'cli.js'), 'enhance', source, ...words], { stdio: 'inherit' });
    const before = sharp(source).resize(shown.width, shown.height, { kernel: 'nearest' });
    const half = { left: 0, top: 0, width: shown.width / 2, height: shown.height };
    await sharp(join(folder, `${name}-after.png`))
      .composite([
        {
          input: await sharp(await before.png().toBuffer())
            .extract(half)
            .png()
            .toBuffer(),
          left: 0,
          top: 0,
        },
      ])
      .webp({ quality: 86, effort: 6 })
      .toFile(join(target, `${name}.webp`));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
