import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An entry of an archive's header: a folder, a file inside (`offset`) or beside (`unpacked`) the archive, or a link. */
interface AsarNode {
  readonly files?: Readonly<Record<string, AsarNode>>;
  readonly size?: number;
  readonly offset?: string;
  readonly unpacked?: boolean;
  readonly executable?: boolean;
  readonly link?: string;
}

export interface AsarEntry {
  readonly path: string;
  readonly bytes: number;
  readonly unpacked: boolean;
}

interface OpenArchive {
  readonly handle: number;
  /** Where the contents begin. */
  readonly start: number;
  readonly root: AsarNode;
}

function openArchive(path: string): OpenArchive {
  const handle = openSync(path, 'r');
  const sizes = Buffer.alloc(16);
  readSync(handle, sizes, 0, 16, 0);
  const header = Buffer.alloc(sizes.readUInt32LE(12));
  readSync(handle, header, 0, header.length, 16);
  return { handle, start: 8 + sizes.readUInt32LE(4), root: JSON.parse(header.toString('utf8')) as AsarNode };
}

/** Everything in an archive, without the folders. */
export function listAsar(path: string): AsarEntry[] {
  const { handle, root } = openArchive(path);
  closeSync(handle);
  const list = (node: AsarNode, place: string): AsarEntry[] =>
    Object.entries(node.files ?? {}).flatMap(([name, child]) =>
      child.files === undefined
        ? [{ path: place + name, bytes: child.size ?? 0, unpacked: child.unpacked === true }]
        : list(child, `${place}${name}/`),
    );
  return list(root, '');
}

/**
 * Node cannot look into an archive as Electron does: a faithful copy, with app.asar and app.asar.unpacked side by side, until
 * this process ends.
 */
export function unpackForNode(path: string): string {
  const { handle, start, root } = openArchive(path);
  const folder = mkdtempSync(join(tmpdir(), 'standin-asar-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, 'app.asar');
  const beside = `${path}.unpacked`;
  if (existsSync(beside)) symlinkSync(beside, `${target}.unpacked`);

  const copy = (node: AsarNode, place: string): void => {
    mkdirSync(join(target, place), { recursive: true });
    for (const [name, child] of Object.entries(node.files ?? {})) {
      const inner = join(place, name);
      if (child.files !== undefined) copy(child, inner);
      else if (child.link !== undefined) symlinkSync(join(target, child.link), join(target, inner));
      else if (child.unpacked === true) copyFileSync(join(beside, inner), join(target, inner));
      else {
        const bytes = Buffer.alloc(child.size ?? 0);
        readSync(handle, bytes, 0, bytes.length, start + Number(child.offset));
        writeFileSync(join(target, inner), bytes, { mode: child.executable === true ? 0o755 : 0o644 });
      }
    }
  };
  copy(root, '');
  closeSync(handle);
  return target;
}
