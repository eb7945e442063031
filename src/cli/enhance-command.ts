import { InvalidArgumentError, type Command } from 'commander';
import { collectPhotos } from '../app/collect-photos.ts';
import { runBatch } from '../app/batch.ts';
import { isLoss } from '../app/left-out.ts';
import { jobEngine } from '../app/jobs/job-run.ts';
import type { ModelSummary } from '../shared/engine-protocol.ts';
import type { JsonEvent } from '../shared/json-events.ts';
import { forbidsCommercialUse } from '../shared/licences.ts';
import type { Options } from '../shared/options.ts';
import { regionSchema, type Region } from '../shared/request.ts';
import { english } from '../shared/sentence.ts';
import { DryRunView } from './dry-run-view.ts';
import { addOptionFlags } from './option-flags.ts';
import { ReportFile } from './report-file.ts';
import { exitStatus, statusOf, watchInterrupts, type Act, type Shell } from './shell.ts';
import { TextView } from './text-view.ts';
import { JsonView, type View } from './view.ts';
import { printable } from './words.ts';

interface EnhanceFlags {
  readonly region?: Region;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly report?: string;
  readonly verbose?: boolean;
}

const help = `
Examples:
  onestep enhance photo.jpg                       four times as wide and high (twice where it is large), beside the original
  onestep enhance holiday --output larger         a folder and all below it, the same tree in "larger"
  onestep enhance *.heic --long-edge 6000 --format jpeg
  onestep enhance scans --print 20x30cm@300 --dry-run

Exit status: 0 all done (or skipped as asked), 1 some failed, 2 bad arguments, 3 nothing could be done, 130 interrupted.
ONESTEP_MODELS names the folder of models, ONESTEP_CACHE and ONESTEP_TEMPORARY those for verdicts and intermediate files.`;

export function addEnhanceCommand(program: Command, act: Act): void {
  const command = program
    .command('enhance')
    .description('Enlarge photos. Originals are never changed.')
    .argument('<files and folders...>', 'photos, and folders to search for photos at any depth');
  const readOptions = addOptionFlags(command);
  command
    .option('--region <left,top,width,height>', 'only this part of the photo, in its pixels', readRegion)
    .option('--dry-run', 'only show what would be done, how long it would take and how large it would be')
    .option('--json', 'print one event per line as JSON (docs/json-events.md)')
    .option('--report <file>', 'write what became of each photo to a .json or .csv file')
    .option('--verbose', 'show more: rules, devices, details of failures')
    .addHelpText('after', help)
    .action(async (paths: string[]) => {
      const flags: EnhanceFlags = command.opts();
      const options = readOptions(command.opts());
      await act((shell) => enhance(paths, options, flags, shell))();
    });
}

async function enhance(paths: readonly string[], options: Options, flags: EnhanceFlags, { engine, streams }: Shell): Promise<number> {
  const { dryRun = false, json = false, verbose = false } = flags;
  const report = flags.report === undefined ? null : await ReportFile.create(flags.report, dryRun);
  const view: View = json ? new JsonView(streams) : dryRun ? new DryRunView(streams, verbose) : new TextView(streams, verbose);
  const { photos, leftOut } = await collectPhotos(paths, { template: options.name, output: options.output });
  const interrupts = watchInterrupts(engine, view);
  const restricted = restrictedModels(await engine.models.list());
  const onEvent = (event: JsonEvent): void => {
    if (event.event === 'plan' && event.skip === null) for (const { model } of event.passes) tellRestriction(model, restricted, view);
    view.show(event);
    report?.show(event);
    if (event.event === 'start') for (const left of leftOut) onEvent({ event: 'left-out', ...left, message: english.tell(left.message) });
  };
  const totals = await runBatch(jobEngine(engine), photos, options, { dryRun, region: flags.region, signal: interrupts.signal, onEvent });
  interrupts.stop();
  await report?.write();
  if (photos.length === 0) view.say('No photos were found there.');
  return photos.length === 0 ? exitStatus.nothingDone : statusOf(totals, leftOut.filter(isLoss).length);
}

/** Of models whose licences forbid commercial use: the licence by the model. */
const restrictedModels = (models: readonly ModelSummary[]): Map<string, string> =>
  new Map(models.filter(({ licence }) => forbidsCommercialUse(licence)).map(({ id, licence }) => [id, licence]));

/** Said of a model when it is first used. */
function tellRestriction(model: string | null, restricted: Map<string, string>, view: View): void {
  const licence = model === null ? undefined : restricted.get(model);
  if (model === null || licence === undefined) return;
  restricted.delete(model);
  view.say(`${printable(model)}: ${english.say('licence.notCommercial', { licence: printable(licence) })}`);
}

function readRegion(text: string): Region {
  const [, left, top, width, height] = /^(\d+),(\d+),(\d+),(\d+)$/.exec(text) ?? [];
  const region = regionSchema.safeParse({ left: Number(left), top: Number(top), width: Number(width), height: Number(height) });
  if (!region.success) throw new InvalidArgumentError('Possible: four whole numbers such as 100,50,640,480.');
  return region.data;
}
