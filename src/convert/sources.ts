import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { networkGraph } from './architectures/network-graph.ts';
import { readNcnn } from './ncnn/read.ts';
import { readOnnx } from './onnx/read.ts';
import type { FaceNetwork, SourceNetwork } from './source-network.ts';
import { openWeights } from './weights/open.ts';

/** The files of one foreign model. */
export interface Source {
  /** The file's name without its ending. */
  readonly name: string;
  readonly files: readonly string[];
  read(): Promise<SourceNetwork | FaceNetwork>;
}

type Kind = (path: string) => Omit<Source, 'name'>;

const weights: Kind = (path) => ({ files: [path], read: () => readWeights(path) });

/** By the ending of the file's name. */
const kinds: Readonly<Record<string, Kind>> = {
  '.param': (path) => ncnn(path, beside(path, '.bin')),
  '.bin': (path) => ncnn(beside(path, '.param'), path),
  '.onnx': (path) => ({ files: [path], read: () => readOnnx(path) }),
  '.safetensors': weights,
  '.pth': weights,
  '.pt': weights,
  '.ckpt': weights,
};

/** The models that these files and folders hold, in the order given, one for each `.param` and `.bin` together. Of folders, only the files themselves. */
export async function findSources(paths: readonly string[]): Promise<Source[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      throw new Problem('not-found', sentence('import.missing', { name: basename(path) }), { cause: error });
    });
    if (found.isDirectory())
      files.push(
        ...(await readdir(path))
          .filter((name) => kindOf(name) !== null)
          .sort()
          .map((name) => join(path, name)),
      );
    else files.push(path);
  }
  const sources = new Map<string, Source>();
  for (const path of files) {
    const kind = kindOf(path);
    if (kind === null) throw new Problem('unsupported-model', sentence('import.unknown', { name: basename(path) }));
    const made = kind(path);
    sources.set(made.files.join('\n'), { ...made, name: basename(path, extname(path)) });
  }
  return [...sources.values()];
}

const kindOf = (path: string): Kind | null => {
  const ending = extname(path).toLowerCase();
  return Object.hasOwn(kinds, ending) ? (kinds[ending] ?? null) : null;
};

const ncnn = (param: string, bin: string): Omit<Source, 'name'> => ({ files: [param, bin], read: () => readNcnn(param, bin) });
const beside = (path: string, ending: string): string => path.slice(0, -extname(path).length) + ending;

async function readWeights(path: string): Promise<SourceNetwork | FaceNetwork> {
  const file = await openWeights(path);
  try {
    const { architecture, network, graph } = await networkGraph(file.tensors);
    const kind = network.traits === '' ? architecture.label : `${architecture.label}, ${network.traits}`;
    const close = (): Promise<void> => file.close();
    if (network.face !== undefined) return { does: 'restore', graph, side: network.face.side, kind, close };
    const known = { scale: network.scale, radius: network.radius };
    const planes = { taken: network.channels, given: network.given ?? network.channels };
    return { graph, layout: 'nchw', planes, kind, ranges: ['unit'], mayBeResidual: false, known, close };
  } catch (error) {
    await file.close();
    throw error;
  }
}
