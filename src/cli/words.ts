import { basename } from 'node:path';

/** Numbers for people, always with a decimal point. */

export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? ''}`;
}

/** 0.4 s · 12 s · 3:05 min · 2:07 h */
export function secondsInWords(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${seconds.toFixed(0)} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.round(seconds) / 60;
  if (minutes < 60) return `${Math.floor(minutes)}:${two(Math.round(seconds) % 60)} min`;
  const whole = Math.round(minutes);
  return `${Math.floor(whole / 60)}:${two(whole % 60)} h`;
}

export const sizeInWords = ({ width, height }: { width: number; height: number }): string => `${width}×${height}`;

export const speedInWords = (pixelsPerSecond: number): string =>
  `${(pixelsPerSecond / 1e6).toFixed(pixelsPerSecond < 9.95e6 ? 1 : 0)} MP/s`;

export const photosInWords = (count: number): string => `${count} photo${count === 1 ? '' : 's'}`;

/** The name alone; control characters, which a terminal would obey, are shown as "?". */
export const nameInWords = (path: string): string => printable(basename(path));

// eslint-disable-next-line no-control-regex -- control characters are what is to be found
export const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');

/** Columns padded to their widest cell, two spaces between them; columns in `right` (by index) are aligned at their end. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
