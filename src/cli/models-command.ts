import { resolve } from 'node:path';
import type { Command } from 'commander';
import { byPurpose, downloadBytes, type CatalogueCard, type DownloadProgress } from '../shared/catalogue.ts';
import type { ImportDetails, ImportOutcome, ModelSummary, QuantiseDetails } from '../shared/engine-protocol.ts';
import { forbidsCommercialUse } from '../shared/licences.ts';
import { blendDial } from '../shared/options.ts';
import { english, inEnglish } from '../shared/sentence.ts';
import type { WorkWatch } from '../shared/work-watch.ts';
import { addDiffusionOptions } from './diffusion-options.ts';
import { describeDevices } from './listing-commands.ts';
import { bar, eraseLine, ProgressBar } from './progress-bar.ts';
import { exitStatus, isJson, list, watchInterrupts, type Act, type Shell } from './shell.ts';
import { bytesInWords, printable, secondsInWords } from './words.ts';

/** `models`: what is installed, and `available`, `download`, `import`, `quantise`, `remove`, `test`. */
export function addModelsCommand(program: Command, act: Act): void {
  const models = program.command('models').description('List, download, import, remove and test models.');
  const add = (words: string, description: string): Command =>
    models.command(words).description(description).option('--json', 'print JSON').option('--verbose', 'show more');

  const listing = add('list', 'List the installed models.');
  const listModels = (command: Command) => act((shell) => list(shell, command, () => shell.engine.models.list(), describeModels));
  listing.action(listModels(listing));
  models.option('--json', 'print JSON').option('--verbose', 'show more').action(listModels(models));

  const importing = add(
    'import',
    'Import models from other programs: ncnn (.param and .bin), ONNX, .safetensors, .pth, or folders of them.',
  )
    .argument('[files...]')
    .option('--name <name>', 'what to call it, for a single model')
    .option('--licence <licence>', 'the licence it was published under')
    .option('--blend', `make one of two models of equal shape; --${blendDial} 0 is the first, 1 the second`)
    .option('--quantise', 'compute them in 8 bits where that is faster and their results stay alike; takes minutes');
  const diffusionOf = addDiffusionOptions(importing);
  importing.action((files: string[], { name, licence, blend, quantise: bytes }: ImportDetails) =>
    act((shell) => {
      const diffusion = diffusionOf(files);
      return importModels(shell, importing, diffusion?.paths ?? files, {
        name,
        licence,
        blend,
        quantise: bytes,
        diffusion: diffusion?.details,
      });
    })(),
  );

  addDownloadCommands(add, act);

  const quantising = add('quantise', 'Compute an imported model in 8 bits, where that is faster and its results stay alike.').argument(
    '<id>',
  );
  quantising.option('--photos <folder>', 'try it on crops of your own photos instead of generated pictures');
  quantising.action((id: string, { photos }: QuantiseDetails) => act((shell) => quantise(shell, quantising, id, photos))());

  const removing = add('remove', 'Remove an imported model from the disk.').argument('<id>');
  removing.action((id: string) =>
    act(async ({ engine, streams }) => {
      await engine.models.remove(id);
      streams.out(isJson(removing) ? `${JSON.stringify({ removed: id })}\n` : `${printable(id)} is removed.\n`);
      return exitStatus.allDone;
    })(),
  );

  const testing = add('test', 'Try a model on every device of this computer.').argument('<id>');
  testing.action((id: string) => act((shell) => list(shell, testing, () => shell.engine.models.test(id), describeDevices))());
}

/** Long work with its progress bar, which Ctrl-C ends: null then. */
async function watched<Outcome>(
  { engine, streams }: Pick<Shell, 'engine' | 'streams'>,
  doing: string,
  work: (watch: WorkWatch) => Promise<Outcome>,
): Promise<Outcome | null> {
  const line = new ProgressBar(streams);
  const say = (words: string): void => {
    line.clear();
    streams.error(`${words}\n`);
  };
  const interrupts = watchInterrupts(engine, { say });
  const onProgress = (fraction: number): void => {
    line.draw(`${bar(fraction)}  ${doing}`);
  };
  try {
    return await work({ signal: interrupts.signal, onProgress });
  } catch (error) {
    if (interrupts.signal.aborted) return null;
    throw error;
  } finally {
    line.clear();
    interrupts.stop();
  }
}

async function quantise({ engine, streams }: Shell, command: Command, id: string, folder?: string): Promise<number> {
  const details = folder === undefined ? {} : { photos: resolve(folder) };
  const outcome = await watched({ engine, streams }, 'trying 8 bits', (watch) => engine.models.quantise(id, details, watch));
  if (outcome === null) return exitStatus.interrupted;
  if (isJson(command)) streams.out(`${JSON.stringify(outcome, inEnglish, 2)}\n`);
  else streams.out(`${outcome.model}  ${english.tell(outcome.why)}  (${secondsInWords(outcome.seconds)})\n`);
  return outcome.kept ? exitStatus.allDone : exitStatus.nothingDone;
}

async function importModels(
  { engine, streams }: Shell,
  command: Command,
  files: readonly string[],
  details: ImportDetails,
): Promise<number> {
  const paths = files.map((file) => resolve(file));
  const outcomes = await watched({ engine, streams }, 'importing', (watch) => engine.models.import(paths, details, watch));
  if (outcomes === null) return exitStatus.interrupted;
  if (isJson(command)) streams.out(`${JSON.stringify(outcomes, inEnglish, 2)}\n`);
  else for (const outcome of outcomes) tell(outcome, streams, command.optsWithGlobals<{ verbose?: boolean }>().verbose === true);
  const imported = outcomes.filter(({ model }) => model !== null).length;
  if (imported === outcomes.length) return exitStatus.allDone;
  return imported === 0 ? exitStatus.nothingDone : exitStatus.someFailed;
}

function tell({ source, model, kind, problem, quantised, seconds }: ImportOutcome, streams: Shell['streams'], isVerbose: boolean): void {
  if (model !== null) {
    streams.out(`${model.id}  ${deedOf(model)}  ${printable(kind ?? '')}  imported in ${secondsInWords(seconds)}\n`);
    for (const line of commercialLines(model.licence)) streams.out(`${line}\n`);
    if (quantised !== undefined) streams.out(`  ${printable(english.tell(quantised.why))}\n`);
  }
  if (problem === null) return;
  streams.error(`${printable(source)}: ${printable(problem.message)} ${printable(problem.advice)}\n`);
  if (isVerbose && problem.detail !== undefined) streams.error(`${problem.detail}\n`);
}

/** How many times it enlarges, or what it does with faces. */
const deedOf = ({ scale, faces }: ModelSummary): string => (faces === null ? `×${scale}` : english.say(`models.does.${faces}`));

/** A line about a licence that forbids commercial use; none for others. */
const commercialLines = (licence: string): string[] =>
  forbidsCommercialUse(licence) ? [`  ${english.say('licence.notCommercial', { licence: printable(licence) })}`] : [];

function describeModels(models: readonly ModelSummary[]): string[] {
  if (models.length === 0) return ['No models are installed.'];
  return models.flatMap((model) =>
    model.problem === null
      ? [
          `${model.id}  ${deedOf(model)}  ${model.precisions.join(', ')}  ${printable(model.licence)}${model.experimental ? '  experimental' : ''}`,
          `  ${printable(model.name)}: ${printable(model.summary)}`,
          ...(model.limits === '' ? [] : [`  ${model.limits}`]),
          ...commercialLines(model.licence),
          ...(model.options.length === 0 ? [] : [`  takes ${model.options.map((name) => `--${name}`).join(', ')}`]),
        ]
      : [`${model.id}  cannot be used: ${model.problem.message} ${model.problem.advice}`, `  ${printable(model.folder)}`],
  );
}

/** `models available`, `models download`. Only the latter uses the network. */
function addDownloadCommands(add: (words: string, description: string) => Command, act: Act): void {
  const available = add('available', 'List community models that can be downloaded.');
  available.action(() => act((shell) => list(shell, available, () => readCards(shell), describeCards))());

  const downloading = add('download', 'Download a model and import it. Resumes where an earlier attempt stopped.').argument('<id>');
  downloading.action((id: string) => act((shell) => download(shell, downloading, id))());
}

async function readCards({ engine, openDownloads }: Shell): Promise<CatalogueCard[]> {
  const { catalogueCards } = await import('../app/models/downloads.ts');
  const [installed, downloads] = await Promise.all([engine.models.list(), openDownloads(() => undefined)]);
  return catalogueCards(installed, downloads);
}

const describeCards = (cards: readonly CatalogueCard[]): string[] =>
  byPurpose(cards).flatMap((group) => [
    ...(group.purpose === undefined ? [] : [`${english.say(`models.for.${group.purpose}`)}:`]),
    ...group.cards.flatMap(describeCard),
  ]);

const describeCard = (card: CatalogueCard): string[] => [
  `${card.id}${card.purpose === 'faces' ? '' : `  ×${card.scale}`}  ${bytesInWords(downloadBytes(card))}  ${card.licence}${card.installed === null ? '' : `  installed as ${card.installed}`}`,
  `  ${card.name}: ${card.summary}`,
  `  by ${card.author}`,
  ...commercialLines(card.licence),
];

async function download({ streams, openDownloads }: Shell, command: Command, id: string): Promise<number> {
  const isTerminal = streams.columns() !== null;
  const downloads = await openDownloads((_, progress) => {
    if (isTerminal) streams.error(eraseLine + (progress === null ? '' : progressWords(progress)));
  });
  const model = await downloads.download(id);
  if (isJson(command)) streams.out(`${JSON.stringify(model, inEnglish, 2)}\n`);
  else streams.out(`${model.id}  ${deedOf(model)}  ${printable(model.licence)}  is installed.\n`);
  return exitStatus.allDone;
}

const progressWords = ({ stage, receivedBytes, totalBytes }: DownloadProgress): string =>
  stage === 'import' ? 'importing' : `${Math.floor((100 * receivedBytes) / totalBytes)} % of ${bytesInWords(totalBytes)}`;
