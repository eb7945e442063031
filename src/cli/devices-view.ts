import type { DeviceReport } from '../shared/engine-protocol.ts';
import { table } from './words.ts';

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
    device.note,
  ]);
  return table([['provider', 'device', 'usable', 'model', 'precision', 'parity', 'speed', 'note'], ...rows], [5, 6]);
}
