import { readdir, readFile, readlink } from 'node:fs/promises';

/** A socket of the internet kinds that a process holds. Addresses as hexadecimal text, as Linux tells them. */
interface Socket {
  readonly local: string;
  readonly remote: string;
  readonly program: string;
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** A process and everything that it has started, and they in turn. */
async function familyOf(processId: number): Promise<number[]> {
  const ids = (await names('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    ids.map(async (id) => {
      // The program's name stands in brackets and may contain anything; the parent is the second field after it.
      const [, parent = '0'] = /\) \S (\d+)/.exec(await text(`/proc/${id}/stat`)) ?? [];
      return [id, Number(parent)] as const;
    }),
  );
  const family = new Set([processId]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const [id, parent] of parents) if (family.has(parent)) family.add(id);
  }
  return [...family];
}

async function tableOf(processId: number): Promise<Map<string, { readonly local: string; readonly remote: string }>> {
  const table = new Map<string, { local: string; remote: string }>();
  for (const kind of ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6']) {
    const [, ...lines] = (await text(`/proc/${processId}/net/${kind}`)).split('\n');
    for (const line of lines) {
      const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
      if (inode !== '') table.set(inode, { local, remote });
    }
  }
  return table;
}

/** What a process and its descendants hold open at this moment. Linux only. */
export async function socketsOf(processId: number): Promise<Socket[]> {
  const table = await tableOf(processId);
  const sockets: Socket[] = [];
  for (const id of await familyOf(processId)) {
    const folder = `/proc/${id}`;
    const program = (await text(`${folder}/cmdline`)).replaceAll('\0', ' ').slice(0, 120);
    for (const handle of await names(`${folder}/fd`)) {
      const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(await readlink(`${folder}/fd/${handle}`).catch(() => '')) ?? [];
      const entry = table.get(inode);
      if (entry !== undefined) sockets.push({ ...entry, program });
    }
  }
  return sockets;
}

/** 127.0.0.1, ::1 or ::ffff:127.0.0.1, or nothing yet; in Linux's byte order. */
const staysHere = (address: string): boolean =>
  /^(0100007F|0{24}01000000|0{16}FFFF00000100007F):/.test(address) || /^(0{8}|0{32}):/.test(address);

/** Whether a socket listens to, or is connected with, this computer alone. */
export const isLocal = ({ local, remote }: Socket): boolean =>
  staysHere(remote) && /^(0100007F|0{24}01000000|0{16}FFFF00000100007F):/.test(local);
