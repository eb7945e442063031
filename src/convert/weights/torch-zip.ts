import { basename } from 'node:path';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { readPickle } from './pickle.ts';
import type { RandomFile } from './random-file.ts';
import { damaged, type StateDict } from './state-dict.ts';
import { largestPickleBytes, torchMeaning } from './torch-pickle.ts';
import { isTorchTensor, locate, type StoragePlace } from './torch-storage.ts';
import type { FindTensors } from './unwrap.ts';

/** Stable Diffusion's file has about 1 200 entries. */
const mostEntries = 100_000;

/** Whether the file begins with an entry of a zip archive. */
export async function isZip(file: RandomFile): Promise<boolean> {
  return file.size >= 4 && new DataView((await file.read(0, 4)).buffer).getUint32(0, true) === 0x04034b50;
}

/**
 * Reads what torch.save writes since PyTorch 1.6: a zip archive with `<name>/data.pkl` and a file `<name>/data/<key>` for
 * each storage. PyTorch never compresses them; a compressed one is refused, so that nothing grows on reading.
 * @throws Problem damaged-model-file, unsupported-model, unsafe-model-file
 */
export async function readTorchZip(file: RandomFile, find: FindTensors): Promise<StateDict> {
  const archive = await Archive.open(file);
  try {
    const root = archive.root();
    if (archive.has(`${root}/constants.pkl`)) {
      throw new Problem('unsupported-model', sentence('import.torchScript', { name: basename(file.path) }), {
        advice: sentence('import.torchScript.advice'),
      });
    }
    if (archive.has(`${root}/byteorder`) && new TextDecoder().decode(await archive.read(`${root}/byteorder`, 16)) === 'big') {
      throw new Problem('unsupported-model', sentence('import.bigEndian', { name: basename(file.path) }));
    }
    const pickle = await archive.read(`${root}/data.pkl`, largestPickleBytes);
    const { value } = readPickle(file.path, pickle, 0, torchMeaning(file.path));
    const tensors = find(file.path, value, isTorchTensor);
    const located = new Map<string, ReturnType<typeof locate>>();
    for (const [name, tensor] of tensors) {
      located.set(name, locate(file, name, tensor, await archive.place(`${root}/data/${tensor.storage.key}`)));
    }
    return located;
  } finally {
    archive.close();
  }
}

/** The list of what is in the archive, and where. */
class Archive {
  readonly #file: RandomFile;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #places = new Map<string, StoragePlace>();

  private constructor(file: RandomFile, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#entries = entries;
  }

  static async open(file: RandomFile): Promise<Archive> {
    let zip: ZipFile | undefined;
    const entries = new Map<string, Entry>();
    try {
      zip = await openPromise(file.path, { autoClose: false });
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName) || entries.size >= mostEntries) throw damaged(file.path, sentence('import.why.entryList'));
        entries.set(entry.fileName, entry);
      }
    } catch (error) {
      zip?.close();
      throw error instanceof Problem ? error : damaged(file.path, sentence('import.why.archive'), error);
    }
    return new Archive(file, zip, entries);
  }

  close(): void {
    this.#zip.close();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The folder that all of PyTorch's entries are in. */
  root(): string {
    const name = [...this.#entries.keys()].find((entry) => /^[^/]+\/data\.pkl$/.test(entry));
    if (name === undefined) throw new Problem('unsupported-model', sentence('import.archive', { name: basename(this.#file.path) }));
    return name.slice(0, -'/data.pkl'.length);
  }

  async place(name: string): Promise<StoragePlace> {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const entry = this.#entries.get(name);
    if (entry === undefined) throw damaged(this.#file.path, sentence('import.why.partMissing', { part: name }));
    if (entry.compressionMethod !== 0 || entry.compressedSize !== entry.uncompressedSize || entry.isEncrypted()) {
      throw damaged(this.#file.path, sentence('import.why.partPacked', { part: name }));
    }
    const place = { start: await this.#start(entry), bytes: entry.uncompressedSize };
    if (place.start + place.bytes > this.#file.size) throw damaged(this.#file.path, sentence('import.why.partOutside', { part: name }));
    this.#places.set(name, place);
    return place;
  }

  async read(name: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { start, bytes } = await this.place(name);
    if (bytes > mostBytes) throw damaged(this.#file.path, sentence('import.why.partTooLarge', { part: name }));
    return this.#file.read(start, bytes);
  }

  async #start(entry: Entry): Promise<number> {
    try {
      return (await this.#zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart;
    } catch (error) {
      throw damaged(this.#file.path, sentence('import.why.partNotFound', { part: entry.fileName }), error);
    }
  }
}
