import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DeviceReport, PhotoFacts } from '../shared/engine-protocol.ts';
import { defaultOptions } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { english } from '../shared/sentence.ts';
import { exitStatus, list, type Act, type Shell } from './shell.ts';
import { TextView } from './text-view.ts';
import { bytesInWords, printable, sizeInWords, table } from './words.ts';

/** `devices`, `info`: what there is, as text or as one JSON value. */
export function addListingCommands(program: Command, act: Act): void {
  const add = (name: string, description: string): Command =>
    program.command(name).description(description).option('--json', 'print JSON').option('--verbose', 'show more');

  const devices = add('devices', 'List what models can run on, with measured speed.');
  devices.action(() => act((shell) => list(shell, devices, () => shell.engine.models.devices(), describeDevices))());

  const info = add('info', 'Show what is known about photos, without enlarging them.').argument('<photos...>');
  info.action((paths: string[]) => act((shell) => tellPhotos(shell, info, paths))());
}

/** What is known of each photo; of what cannot be looked at, why, on standard error. */
async function tellPhotos(shell: Shell, command: Command, paths: readonly string[]): Promise<number> {
  const photos: PhotoFacts[] = [];
  const view = new TextView(shell.streams, command.optsWithGlobals<{ verbose?: boolean }>().verbose === true);
  for (const path of paths) {
    try {
      photos.push(await shell.engine.photos.inspect(resolve(path), defaultOptions.maxMegapixels));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      view.fail(`${printable(path)}: `, error);
    }
  }
  if (photos.length > 0) await list(shell, command, () => Promise.resolve(photos), describePhotos);
  if (photos.length === 0) return exitStatus.nothingDone;
  return photos.length < paths.length ? exitStatus.someFailed : exitStatus.allDone;
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
      ['  colour', `${photo.colour}${photo.alpha ? ' with transparency' : ''}, ${photo.bits} bits, ${photo.profile ?? 'no profile'}`],
      ['  orientation', photo.orientation === 1 ? 'upright' : `turned (EXIF ${photo.orientation})`],
      ...(photo.dpi === null
        ? []
        : [['  resolution', `${[photo.dpi, ...(photo.dpiDown === undefined ? [] : [photo.dpiDown])].map(Math.round).join(' × ')} dpi`]]),
      ...(photo.frames > 1 ? [['  frames', `${photo.frames} (the first is enlarged)`]] : []),
      ...(photo.quality === null ? [] : [['  quality', String(photo.quality)]]),
      ['  metadata', photo.metadata.length === 0 ? 'none' : photo.metadata.join(', ')],
    ]),
    ...(photo.notes ?? []).map((note) => `  ${english.tell(note)}`),
  ]);
}

/** A line for each device, or for each of its precisions. */
export function describeDevices(devices: readonly DeviceReport[]): string[] {
  const rows = devices.map((device) => [
    device.provider,
    device.device === '' ? device.label : device.device,
    device.available ? 'yes' : 'no',
    device.model ?? '',
    device.precision ?? '',
    device.parityDb === null ? '' : `${device.parityDb.toFixed(1)} dB`,
    device.secondsPerMegapixel === null ? '' : `${(1 / device.secondsPerMegapixel).toFixed(2)} MP/s`,
    english.tell(device.note),
  ]);
  return table([['provider', 'device', 'usable', 'model', 'precision', 'parity', 'speed', 'note'], ...rows], [5, 6]);
}
