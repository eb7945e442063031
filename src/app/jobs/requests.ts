import { dirname, join, resolve } from 'node:path';
import type { Region, Request } from '../../shared/request.ts';
import type { Job } from './job.ts';
import type { Jobs } from './jobs.ts';

/**
 * What the engine is asked, as of now: options may have been changed, and other photos added, since the job was. With an output
 * folder the tree of a given folder is mirrored in it. Where results may be replaced, requests name the other chosen photos that
 * lie where their results go, below it too where the name template makes sub-folders: one of these may be an earlier result.
 */
export function requestOf({ source, under, skipIfResult, options }: Job, jobs: Jobs, region?: Region): Request {
  const output = options.output === null ? null : join(resolve(options.output), under);
  const chosen = options.onCollision === 'overwrite-result' ? jobs.chosenIn(output ?? dirname(source), /[\\/]/.test(options.name)) : [];
  const originals = chosen.filter((original) => original !== source);
  return {
    source,
    options: output === options.output ? options : { ...options, output },
    ...(region === undefined ? {} : { region }),
    ...(originals.length === 0 ? {} : { originals }),
    ...(skipIfResult ? { skipResults: true } : {}),
  };
}
