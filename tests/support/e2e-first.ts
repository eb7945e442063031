import buildFirst from './build-first.ts';
import { buildStandin } from './electron-standin/build.ts';

/** The stand-in lies beside the programs, which a fresh build sweeps away: it comes after them. */
export default async function setup(): Promise<void> {
  buildFirst();
  if (process.platform === 'linux') await buildStandin();
}
