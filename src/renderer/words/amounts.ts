import { currentLocale } from './words.svelte.ts';

/** Amounts as people write them where they live. All are tracked: what is shown follows the language. */

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${currentLocale()} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(currentLocale(), options);
    formats.set(key, format);
  }
  return format;
}

const inUnit = (value: number, unit: string, maximumFractionDigits = 0, unitDisplay: 'short' | 'narrow' = 'short'): string =>
  numberFormat({ style: 'unit', unit, unitDisplay, maximumFractionDigits }).format(value);
const inTime = (value: number, unit: string, digits = 0): string => inUnit(value, unit, digits, 'narrow');

export const wholeNumber = (value: number): string => numberFormat({ maximumFractionDigits: 0 }).format(value);
/** With exactly so many digits after the decimal point. */
export const decimal = (value: number, digits: number): string =>
  numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
export const percent = (fraction: number): string => numberFormat({ style: 'percent', maximumFractionDigits: 0 }).format(fraction);

/** Decimal units, as file managers on most systems count. */
export function bytes(count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return inUnit(value, units[unit] ?? 'byte', unit > 1 && value < 9.95 ? 1 : 0);
}

/** 0.4s · 12s · 3m 5s · 2h 7m, as short as the language has it. What is short is not nothing. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return inTime(seconds === 0 ? 0 : Math.max(0.1, seconds), 'second', 1);
  if (seconds < 59.5) return inTime(seconds, 'second');
  const minutes = seconds / 60;
  if (seconds < 599.5) return joined(inTime(Math.floor(Math.round(seconds) / 60), 'minute'), Math.round(seconds) % 60, 'second');
  if (minutes < 59.5) return inTime(minutes, 'minute');
  const whole = Math.round(minutes);
  return joined(inTime(Math.floor(whole / 60), 'hour'), whole % 60, 'minute');
}

const joined = (first: string, rest: number, unit: string): string => (rest === 0 ? first : `${first} ${inTime(rest, unit)}`);

/** 6000 × 4000, in narrow spaces. */
export const pixelSize = (width: number, height: number): string => `${width} × ${height}`;

/** 24 MP; below ten with one decimal. */
export function megapixels(pixels: number): string {
  const value = pixels / 1e6;
  // Small ones are not nothing.
  const digits = value < 0.0095 ? 3 : value < 0.095 ? 2 : value < 9.95 ? 1 : 0;
  return `${numberFormat({ maximumFractionDigits: digits }).format(value)} MP`;
}

/** Result pixels per second. */
export const speed = (pixelsPerSecond: number): string => `${megapixels(pixelsPerSecond)}/s`;

/** Day and time of a file, in milliseconds since 1970. */
export const date = (milliseconds: number): string =>
  new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'short' }).format(milliseconds);
