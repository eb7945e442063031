import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';

const inputOnly: Readonly<Record<string, string>> = { heic: 'HEIC', gif: 'GIF', jxl: 'JPEG XL', jp2: 'JPEG 2000' };

/** Names of formats are the same in every language. */
export const formatName = (format: string): string =>
  format in outputFormats ? outputFormats[format as OutputFormat].label : (inputOnly[format] ?? format.toUpperCase());
