import { createRequire } from 'node:module';

const fromBuilder = createRequire(createRequire(import.meta.url).resolve('electron-builder'));

/** The parser with which electron-builder reads property lists, by their own definition. */
export const parsePlist = (text: string): unknown => (fromBuilder('plist') as { parse(text: string): unknown }).parse(text);
