/**
 * Names of what is only there for a while. They say which process made it, so that the next one can tell what was abandoned by those
 * that died.
 */

/** How the name of a job's folder among temporary files begins. */
export const scratchPrefix = (processId: number): string => `onestep-${processId}-`;

/** The process that a scratch folder belongs to, or null for a folder that is none. */
export const scratchOwner = (folderName: string): number | null => {
  const [, id] = /^onestep-(\d+)-/.exec(folderName) ?? [];
  return id === undefined ? null : Number(id);
};

/** Six hexadecimal digits that stand for a computer of that name (FNV-1a, folded to 24 bits). */
export function hostMark(hostname: string): string {
  let hash = 0x811c9dc5;
  for (const character of hostname) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return ((hash >>> 24) ^ (hash & 0xffffff)).toString(16).padStart(6, '0');
}

export interface TemporaryMaker {
  /** Six hexadecimal digits that stand for a computer: results may lie on a disk that several share. */
  readonly host: string;
  readonly processId: number;
}

/** How the name of an unfinished result ends: `.photo_4x.jpg.onestep-0123ab-4711-89abcdef.tmp`; `random`: eight hexadecimal digits. */
export const temporarySuffix = ({ host, processId }: TemporaryMaker, random: string): string =>
  `.onestep-${host}-${processId}-${random}.tmp`;

/** Who made an unfinished result, or null for any other file. */
export const temporaryMaker = (fileName: string): TemporaryMaker | null => {
  const [, host, id] = /^\..*\.onestep-([0-9a-f]{6})-(\d+)-[0-9a-f]{8}\.tmp$/s.exec(fileName) ?? [];
  return host === undefined ? null : { host, processId: Number(id) };
};
