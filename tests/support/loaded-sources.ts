import { readFile } from 'node:fs/promises';

/** What of `src/fleet`, and of what it alone needs, is in built files, by their source maps; a chunk that only passes others on has none. */
export async function fleetSourcesIn(files: readonly string[]): Promise<string[]> {
  const maps = await Promise.all(files.map((file) => readFile(`${file}.map`, 'utf8').catch(() => '{"sources":[]}')));
  const sources = maps.flatMap((map) => (JSON.parse(map) as { readonly sources: readonly string[] }).sources);
  return sources.filter((source) => /src\/fleet\/|node_modules\/(bullmq|ioredis|pg)\//.test(source));
}
