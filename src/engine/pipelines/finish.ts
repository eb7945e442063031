import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnlargingManifest, FaceRestorerManifest } from '../../shared/manifest.ts';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { fromGraph, toGraph, type GraphFormat } from '../runtime/samples.ts';
import type { Session, TileAside } from '../runtime/way.ts';

/** What every kind does with a model folder that has everything but its manifest. */

/** Of models whose answer to a test tile is stored. */
type TestedManifest = EnlargingManifest | FaceRestorerManifest;

/** The self-test of a manifest that has none yet: a square of `side` pixels. */
export const pendingSelfTest = (side: number): TestedManifest['selfTest'] => ({
  file: 'self-test.bin',
  sha256: '0'.repeat(64),
  width: side,
  height: side,
});

/** Writes the self-test, then the manifest with its hash. */
export async function writeFinished<Of extends TestedManifest>(
  folder: string,
  manifest: Of,
  tile: Uint8Array,
  answer: Uint8Array,
): Promise<Of> {
  const { selfTest } = manifest;
  const bytes = Buffer.concat([tile, answer]);
  await writeFile(join(folder, selfTest.file), bytes, { flag: 'wx' });
  const finished = { ...manifest, selfTest: { ...selfTest, sha256: createHash('sha256').update(bytes).digest('hex') } };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(finished, null, 2)}\n`, { flag: 'wx' });
  return finished;
}

/**
 * A square RGB picture through a session, 8 bit.
 * @throws Problem wrong-output where the answer is of no use
 */
export async function answerTo(
  picture: Uint8Array,
  side: number,
  session: Session,
  format: GraphFormat,
  name: string,
  aside: Partial<TileAside> = {},
): Promise<Uint8Array> {
  const conversion = { channels: 3, bits: 8, ...format } as const;
  const { output } = await session.run(toGraph(picture, conversion), side, side, aside);
  const { samples, finite } = fromGraph(output, conversion);
  if (!finite) throw wrongOutput(name, sentence('import.why.answerNotNumbers'));
  return samples as Uint8Array;
}

export const wrongOutput = (name: string, why: Sentence): Problem =>
  new Problem('wrong-output', sentence('model.wrongOutput', { name, why }));

/** What native code says against a foreign network is the network's fault: layers that do not fit one another. */
export async function runnable<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    const detail = messageOf(error);
    throw new Problem('unsupported-model', sentence('model.notRun', { name }), { detail, cause: error });
  }
}
