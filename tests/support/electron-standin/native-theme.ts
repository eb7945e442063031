import { EventEmitter } from 'node:events';

const sources = ['system', 'light', 'dark'] as const;
type Source = (typeof sources)[number];

class NativeTheme extends EventEmitter {
  #source: Source = 'system';

  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }

  get themeSource(): Source {
    return this.#source;
  }

  set themeSource(source: Source) {
    if (!sources.includes(source)) throw new TypeError(`Error processing argument at index 0, conversion failure from ${source}`);
    this.#source = source;
    this.emit('updated');
  }
}

export const nativeTheme = new NativeTheme();
