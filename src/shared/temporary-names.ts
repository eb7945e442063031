/**
 * Names of what is only there for a while. They say which process made it, so that the next one can tell what was abandoned by those
 * that died.
 */

/** Six hexadecimal digits that stand for whoever numbers processes under that name (FNV-1a, folded to 24 bits). */
export function hostMark(name: string): string {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return ((hash >>> 24) ^ (hash & 0xffffff)).toString(16).padStart(6, '0');
}

export interface TemporaryMaker {
  /** Six hexadecimal digits that stand for a computer or container: files may lie on a disk that several share. */
  readonly host: string;
  readonly processId: number;
}

/** How the name of a job's folder among temporary files begins. */
export const scratchPrefix = ({ host, processId }: TemporaryMaker): string => `onestep-${host}-${processId}-`;

/** Who made a scratch folder, or null for a folder that is none. Earlier versions did not say on which computer: `host` is empty then. */
export const scratchMaker = (folderName: string): TemporaryMaker | null => {
  const [, host = '', id] = /^onestep-(?:([0-9a-f]{6})-(?=\d+-))?(\d+)-/.exec(folderName) ?? [];
  return id === undefined ? null : { host, processId: Number(id) };
};

/** How the name of an unfinished result ends: `.photo_4x.jpg.onestep-0123ab-4711-89abcdef.tmp`; `random`: eight hexadecimal digits. */
export const temporarySuffix = ({ host, processId }: TemporaryMaker, random: string): string =>
  `.onestep-${host}-${processId}-${random}.tmp`;

/** Who made an unfinished result, or null for any other file. */
export const temporaryMaker = (fileName: string): TemporaryMaker | null => {
  const [, host, id] = /^\..*\.onestep-([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.tmp$/s.exec(fileName) ?? [];
  return host === undefined ? null : { host, processId: Number(id) };
};
