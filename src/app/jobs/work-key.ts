import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelSummary, Plan } from '../../shared/engine-protocol.ts';
import { options as rows, shapingOptions, type OptionName, type Options } from '../../shared/options.ts';

const shaping = shapingOptions('pixels', 'file');
const isNew = (name: OptionName): boolean => 'isNew' in rows[name];

/** The values of the options that were always there, and of newer ones what is not as usual: so work of earlier versions is known. */
const valuesOf = (options: Options): unknown[] => [
  ...shaping.filter((name) => !isNew(name)).map((name) => options[name]),
  ...shaping.filter((name) => isNew(name) && options[name] !== rows[name].default).map((name) => [name, options[name]]),
];

/**
 * Names a piece of work by its content: the photo's bytes, the options that shape the result, and the models with every hash that
 * their manifests hold. The photo's name belongs to it, without its folder: of two equal photos side by side, each gets a result.
 * Null where the photo or a manifest cannot be read.
 */
export async function workKey(source: string, options: Options, plan: Plan, models: readonly ModelSummary[]): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(source), hash);
    const ids = [...plan.passes.map(({ model }) => model), ...(plan.faces ?? [])];
    const identities = await Promise.all(ids.map((id) => identityOf(id, models)));
    const work = { name: basename(source), format: plan.format, options: valuesOf(options), models: identities };
    return createHash('sha256').update(hash.digest()).update(JSON.stringify(work)).digest('hex').slice(0, 40);
  } catch {
    return null;
  }
}

async function identityOf(id: string | null, models: readonly ModelSummary[]): Promise<string> {
  const model = models.find((candidate) => candidate.id === id);
  if (model === undefined) return 'resampled';
  return createHash('sha256')
    .update(await readFile(join(model.folder, 'manifest.json')))
    .digest('hex');
}
