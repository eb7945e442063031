import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makePhoto } from './photos.ts';
import { costOf, type Cost } from './processes.ts';

const weights = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'weights', 'ncnn', 'realesrgan-x4plus.param');

/**
 * What it costs to import Real-ESRGAN ×4 plus, and unless `quick` to enlarge a photo of 1024 × 512 with it in 32 bits, which takes minutes.
 * Null where its weights are not in the shared folder.
 */
export async function costOfLargeNetwork(folder: string, quick: boolean): Promise<{ imported: Cost; enhanced: Cost | null } | null> {
  if (!existsSync(weights)) return null;
  const environment = { ONESTEP_MODELS: join(folder, 'large-network') };
  const imported = await costOf(['models', 'import', weights, '--name', 'Large network', '--json'], environment);
  if (quick) return { imported, enhanced: null };
  const photo = join(folder, 'for-large-network.jpg');
  await makePhoto(photo, 1024, 512);
  const way = ['--model', 'large-network', '--scale', '4', '--provider', 'cpu', '--exact'];
  const enhanced = await costOf(['enhance', photo, '--output', join(folder, 'large-network-results'), ...way, '--json'], environment);
  return { imported, enhanced };
}
