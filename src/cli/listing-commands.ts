import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DeviceReport, ModelSummary, PhotoFacts } from '../shared/engine-protocol.ts';
import { defaultOptions } from '../shared/options.ts';
import { exitStatus } from './exit-status.ts';
import type { Shell } from './shell.ts';
import { bytesInWords, printable, sizeInWords, table } from './words.ts';

type Act = (command: (shell: Shell) => Promise<number>) => () => Promise<void>;

/** `models`, `devices`, `info`: what there is, as text or as one JSON value. */
export function addListingCommands(program: Command, act: Act): void {
  const add = (name: string, description: string): Command =>
    program.command(name).description(description).option('--json', 'print JSON').option('--verbose', 'tell more');

  const models = add('models', 'List the installed models.');
  models.action(() => act((shell) => list(shell, models, () => shell.engine.models(), describeModels))());

  const devices = add('devices', 'List what models can run on, with measured speed.');
  devices.action(() => act((shell) => list(shell, devices, () => shell.engine.devices(), describeDevices))());

  const info = add('info', 'Tell what is known about photos without enlarging them.').argument('<photos...>');
  info.action((paths: string[]) =>
    act(async (shell) => {
      const photos: PhotoFacts[] = [];
      for (const path of paths) photos.push(await shell.engine.inspect(resolve(path), defaultOptions.maxMegapixels));
      return list(shell, info, () => Promise.resolve(photos), describePhotos);
    })(),
  );
}

async function list<Item>(
  { streams }: Shell,
  command: Command,
  read: () => Promise<readonly Item[]>,
  describe: (items: readonly Item[]) => string[],
): Promise<number> {
  const items = await read();
  const { json = false } = command.opts<{ json?: boolean }>();
  streams.out(json ? `${JSON.stringify(items, null, 2)}\n` : `${describe(items).join('\n')}\n`);
  return exitStatus.allDone;
}

function describeModels(models: readonly ModelSummary[]): string[] {
  if (models.length === 0) return ['No models are installed.'];
  return models.flatMap((model) =>
    model.problem === null
      ? [
          `${model.id}  ×${String(model.scale)}  ${model.precisions.join(', ')}  ${model.licence}`,
          `  ${model.name}: ${model.summary}`,
          ...(model.limits === '' ? [] : [`  ${model.limits}`]),
          ...(model.options.length === 0 ? [] : [`  takes ${model.options.map((name) => `--${name}`).join(', ')}`]),
        ]
      : [`${model.id}  cannot be used: ${model.problem.message} ${model.problem.advice}`, `  ${printable(model.folder)}`],
  );
}

function describeDevices(devices: readonly DeviceReport[]): string[] {
  const rows = devices.map((device) => [
    device.provider,
    device.device === '' ? device.label : device.device,
    device.available ? 'yes' : 'no',
    device.model ?? '',
    device.precision ?? '',
    device.parityDb === null ? '' : `${device.parityDb.toFixed(1)} dB`,
    device.secondsPerMegapixel === null ? '' : `${(1 / device.secondsPerMegapixel).toFixed(2)} MP/s`,
    device.note,
  ]);
  return table([['provider', 'device', 'usable', 'model', 'precision', 'parity', 'speed', 'note'], ...rows], [5, 6]);
}

function describePhotos(photos: readonly PhotoFacts[]): string[] {
  return photos.flatMap((photo, index) => [
    ...(index > 0 ? [''] : []),
    printable(photo.path),
    ...table([
      ['  format', photo.format],
      [
        '  size',
        `${sizeInWords(photo)} px, ${((photo.width * photo.height) / 1e6).toFixed(1)} megapixels, ${bytesInWords(photo.fileBytes)}`,
      ],
      [
        '  colour',
        `${photo.colour}${photo.alpha ? ' with transparency' : ''}, ${String(photo.bits)} bits, ${photo.profile ?? 'no profile'}`,
      ],
      ['  orientation', photo.orientation === 1 ? 'upright' : `turned (EXIF ${String(photo.orientation)})`],
      ...(photo.dpi === null ? [] : [['  resolution', `${String(Math.round(photo.dpi))} dpi`]]),
      ...(photo.frames > 1 ? [['  frames', `${String(photo.frames)} (the first is enlarged)`]] : []),
      ...(photo.quality === null ? [] : [['  quality', String(photo.quality)]]),
      ['  metadata', photo.metadata.length === 0 ? 'none' : photo.metadata.join(', ')],
    ]),
  ]);
}
