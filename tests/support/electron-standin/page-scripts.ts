import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { bootFacts } from './boot-facts.ts';
import { privileged } from './schemes.ts';

/** The world's name in Electron. */
export const isolatedWorld = 'Electron Isolated Context';

/** A built page script: an expression that is an object with `run`. */
const built = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** The source that runs in the page's own world. */
export function mainWorldSource(channel: string): string {
  const schemes = [...privileged].filter(([, { supportFetchAPI }]) => supportFetchAPI === true).map(([scheme]) => scheme);
  return `(() => {\n${built('main-world.js')}\nstandinPage.run(${JSON.stringify(channel)}, ${JSON.stringify(schemes)});\n})()`;
}

/**
 * The source that runs in the isolated world.
 * @param preload the path of the preload script; undefined where there is none
 * @throws when it cannot be read or is no valid script
 */
export function isolatedWorldSource(channel: string, preload: string | undefined, words: readonly string[]): string {
  const { executable, version } = bootFacts();
  const text = preload === undefined ? '' : readFileSync(preload, 'utf8');
  const body = `function (require, module, exports, process, __filename, __dirname) {${text}\n}`;
  new Script(`(${body})`, { filename: preload ?? 'no preload script' });
  const surroundings = {
    filename: preload ?? '',
    dirname: preload === undefined ? '' : dirname(preload),
    process: {
      type: 'renderer',
      sandboxed: true,
      contextIsolated: true,
      platform: process.platform,
      arch: process.arch,
      versions: { ...process.versions, electron: version },
      env: {},
      argv: [executable, ...words],
    },
  };
  const call = `standinPage.run(${JSON.stringify(channel)}, ${JSON.stringify(surroundings)}, ${body});`;
  return `(() => {\n${built('isolated-world.js')}\n${call}\n})()\n//# sourceURL=${preload ?? 'electron-preload'}`;
}
