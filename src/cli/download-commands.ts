import type { Command } from 'commander';
import { downloadBytes, type CatalogueCard, type DownloadProgress } from '../shared/catalogue.ts';
import { exitStatus } from './exit-status.ts';
import { isJson, list, type Act } from './listing.ts';
import type { Shell } from './shell.ts';
import { bytesInWords, printable } from './words.ts';

/** `models available`, `models download`. Only the latter uses the network. */
export function addDownloadCommands(add: (words: string, description: string) => Command, act: Act): void {
  const available = add('available', 'List models of other people that can be downloaded.');
  available.action(() => act((shell) => list(shell, available, () => readCards(shell), describeCards))());

  const downloading = add('download', 'Download a model and import it; goes on where an earlier attempt ended.').argument('<id>');
  downloading.action((id: string) => act((shell) => download(shell, downloading, id))());
}

async function readCards({ engine, openDownloads }: Shell): Promise<CatalogueCard[]> {
  const { catalogueCards } = await import('../app/models/catalogue-cards.ts');
  const [installed, downloads] = await Promise.all([engine.models(), openDownloads(() => undefined)]);
  return catalogueCards(installed, downloads);
}

const describeCards = (cards: readonly CatalogueCard[]): string[] =>
  cards.flatMap((card) => [
    `${card.id}  ×${card.scale}  ${bytesInWords(downloadBytes(card))}  ${card.licence}${card.installed === null ? '' : `  installed as ${card.installed}`}`,
    `  ${card.name}: ${card.summary}`,
    `  by ${card.author}`,
  ]);

async function download({ streams, openDownloads }: Shell, command: Command, id: string): Promise<number> {
  const eraseLine = '\r\u001b[2K';
  const isTerminal = streams.columns() !== null;
  const downloads = await openDownloads((_, progress) => {
    if (isTerminal) streams.error(eraseLine + (progress === null ? '' : progressWords(progress)));
  });
  const model = await downloads.download(id);
  if (isJson(command)) streams.out(`${JSON.stringify(model, null, 2)}\n`);
  else streams.out(`${model.id}  ×${model.scale}  ${printable(model.licence)}  is installed.\n`);
  return exitStatus.allDone;
}

const progressWords = ({ stage, receivedBytes, totalBytes }: DownloadProgress): string =>
  stage === 'import' ? 'importing' : `${Math.floor((100 * receivedBytes) / totalBytes)} % of ${bytesInWords(totalBytes)}`;
