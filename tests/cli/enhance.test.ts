import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonEventSchema, type JsonEvent } from '../../src/shared/json-events.ts';
import { testFolder } from '../support/golden.ts';
import { onestep, writePicture } from '../support/programs.ts';

const twice = ['--model', 'identity-x2', '--scale', '2', '--provider', 'cpu'];

const eventsOf = (out: string): JsonEvent[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => jsonEventSchema.parse(JSON.parse(line)));

const photosIn = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

describe('onestep enhance', () => {
  it('writes a larger photo beside the original and ends with 0', async () => {
    const folder = await testFolder();
    const source = await writePicture(join(folder, 'photo.png'));
    const original = await readFile(source);
    const { status, out, error } = await onestep(folder, ['enhance', 'photo.png', ...twice]);
    expect(error).toBe('');
    expect(out).toMatch(/^\[1\/1\] photo\.png: 40×30 → 80×60 …\n\[1\/1\] photo\.png → photo_2x\.png: 80×60, .+B, .+ s\n$/);
    expect(status).toBe(0);
    expect(await photosIn(folder)).toEqual(['photo.png', 'photo_2x.png']);
    expect(await readFile(source)).toEqual(original);
  });

  it('goes through a folder with bad files, tells everything as JSON and as a report, and ends with 1', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'in/sub'), { recursive: true });
    const good = await readFile(await writePicture(join(folder, 'in/1.jpg'), 64, 64));
    await writeFile(join(folder, 'in/2.jpg'), 'not a photo');
    await writeFile(join(folder, 'in/3.jpg'), good.subarray(0, 300));
    await writePicture(join(folder, 'in/sub/10.png'));
    await writeFile(join(folder, 'in/Thumbs.db'), 'junk');
    const { status, out } = await onestep(folder, ['enhance', 'in', '--output', 'out', '--json', '--report', 'report.json', ...twice]);
    const events = eventsOf(out);
    expect(events[0]).toEqual({ event: 'start', photos: 4, dryRun: false });
    expect(events.flatMap((event) => (event.event === 'failed' ? [[event.index, event.problem.code]] : []))).toEqual([
      [1, 'not-an-image'],
      [2, 'damaged-image'],
    ]);
    expect(events.flatMap((event) => (event.event === 'done' ? [event.report.output] : []))).toEqual([
      join(folder, 'out/1_2x.jpg'),
      join(folder, 'out/sub/10_2x.png'),
    ]);
    expect(events.some((event) => event.event === 'progress' && event.stage === 'enhance')).toBe(true);
    expect(events.at(-1)).toMatchObject({ event: 'end', totals: { photos: 4, done: 2, failed: 2, skipped: 0, cancelled: 0 } });
    expect(status).toBe(1);
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as { totals: unknown; photos: { status: string }[] };
    expect(report.photos.map((photo) => photo.status)).toEqual(['done', 'failed', 'failed', 'done']);
    expect(report.totals).toEqual((events.at(-1) as Extract<JsonEvent, { event: 'end' }>).totals);
    expect(await photosIn(join(folder, 'out'))).toEqual(['1_2x.jpg', 'sub']);
  });

  it('leaves its own results alone the second time', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'a.png'));
    const words = ['enhance', '.', '--on-collision', 'skip', '--json', ...twice];
    expect((await onestep(folder, words)).status).toBe(0);
    const { status, out } = await onestep(folder, words);
    expect(status).toBe(0);
    expect(eventsOf(out).flatMap((event) => (event.event === 'skipped' ? [event.reason] : []))).toEqual([
      'It is a result of Onestep.',
      'The result a_2x.png is already there.',
    ]);
    expect(await photosIn(folder)).toEqual(['a.png', 'a_2x.png']);
  });

  it('tells in a dry run what would be done, and writes nothing but the report', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'a.png'));
    await writePicture(join(folder, 'a.jpg'));
    const { status, out } = await onestep(folder, ['enhance', '.', '--dry-run', '--format', 'png', '--report', 'plan.csv', ...twice]);
    expect(status).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/a\.jpg +40×30 +80×60 +identity-x2 .*a\.jpg_2x\.png$/);
    expect(lines[2]).toMatch(/a\.png +40×30 +80×60 +identity-x2 .*a_2x\.png$/);
    expect(lines[3]).toMatch(/^2 photos, .*Nothing was written\.$/);
    expect(await photosIn(folder)).toEqual(['a.jpg', 'a.png', 'plan.csv']);
    const [heading, first] = (await readFile(join(folder, 'plan.csv'), 'utf8')).split('\r\n');
    expect(heading).toBe('source,status,output,source_width,source_height,width,height,bytes,seconds,provider,reason');
    expect(first).toContain('a.jpg,planned,');
    expect(first).toContain(',40,30,80,60,');
  });

  it('ends with 3 when nothing could be done, with a sentence and advice', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'empty'));
    expect(await onestep(folder, ['enhance', 'empty'])).toMatchObject({ status: 3, error: 'No photos were found there.\n' });
    const missing = await onestep(folder, ['enhance', 'missing.jpg', ...twice]);
    expect(missing).toMatchObject({
      status: 3,
      error: expect.stringMatching(/^\[1\/1\] missing\.jpg: .+\. Check that the file still exists/) as string,
    });
  });

  it('cancels on SIGINT with no half file and ends with 130', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'a.png'), 200, 2000);
    let sent = false;
    const { status, out, error } = await onestep(
      folder,
      ['enhance', 'a.png', '--json', '--tile', '33', '--model', 'convolution-x2', '--scale', '2'],
      {
        onOut: (text, kill) => {
          if (!sent && text.includes('"stage":"enhance"')) {
            sent = true;
            kill('SIGINT');
          }
        },
      },
    );
    expect(error).toContain('Cancelling');
    expect(eventsOf(out).at(-1)).toMatchObject({ event: 'end', totals: { done: 0, failed: 0, cancelled: 1 } });
    expect(status).toBe(130);
    expect(await photosIn(folder)).toEqual(['a.png']);
    expect(await readdir(join(folder, '.cache/temporary'))).toEqual([]);
  });
});
