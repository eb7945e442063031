import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jobLineSchema } from '../../src/app/jobs/job-lines.ts';
import { Jobs } from '../../src/app/jobs/jobs.ts';
import { jobsReport } from '../../src/app/jobs/report.ts';
import { recallVerdict } from '../../src/engine/runtime/verdicts.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { english, sentence, told } from '../../src/shared/sentence.ts';
import { testFolder } from '../support/golden.ts';

/*
 * Files as earlier versions wrote them, when sentences were English text.
 */

const photo = (id: string): object => ({ id, source: `/photos/${id}.jpg`, under: '', skipIfResult: false });
const size = { sourceWidth: 100, sourceHeight: 50, width: 400, height: 200 };
const report = {
  ...{ source: '/photos/a.jpg', status: 'done', output: '/photos/a_4x.jpg', ...size, fileBytes: 900, format: 'jpeg', quality: 92 },
  passes: [{ model: 'dfosd', scale: 4, width: 400, height: 200 }],
  rule: '×4 was asked for. dfosd runs once.',
  ...{ provider: 'cpu', precision: 'fp32', strength: 1, semantic: null, fidelity: 0.5 },
  kept: ['EXIF', 'ICC profile', 'File times'],
  converted: ['16 bits were reduced to 8: JPEG holds no more here.'],
  lost: ['EXIF thumbnail: it would show the picture before enlarging.'],
  notices: [{ code: 'provider-fallback', message: 'WebGPU (fp16) is not used: No Vulkan driver is installed.' }],
  seconds: { total: 2, decode: 0.5, enhance: 1, inference: 1, encode: 0.5 },
};
const problem = {
  ...{ code: 'damaged-image', message: 'The photo cannot be decoded.', detail: 'premature end' },
  advice: 'The file is damaged or incomplete. Copy it again from where it came from.',
};
const old = [
  { type: 'added', options: defaultOptions, photos: ['a', 'b', 'c', 'd'].map(photo) },
  { type: 'begun', id: 'a', destination: '/photos/a_4x.jpg', before: null, processId: 7 },
  { type: 'ended', id: 'a', state: 'done', output: '/photos/a_4x.jpg', report, problem: null, reason: null },
  { type: 'ended', id: 'b', state: 'skipped', output: null, report: null, problem: null, reason: 'It is a result of Onestep.' },
  { type: 'ended', id: 'c', state: 'failed', output: null, report: null, problem, reason: null },
];

function jobsIn(lines: readonly object[]): Jobs {
  const jobs = new Jobs();
  for (const line of lines) jobs.apply(jobLineSchema.parse(JSON.parse(JSON.stringify(line))));
  return jobs;
}

it('a queue is read: what was text is told as it stands', () => {
  const [a, b, c, d] = [...jobsIn(old).inOrder()];
  expect(a).toMatchObject({ state: 'done', report: { rule: told(report.rule), kept: report.kept.map(told), lost: report.lost.map(told) } });
  expect(a?.report?.notices).toEqual([{ code: 'provider-fallback', message: told(report.notices[0]?.message ?? '') }]);
  expect(a?.report).toMatchObject({ width: 400, provider: 'cpu', seconds: { total: 2 } });
  expect(b).toMatchObject({ state: 'skipped', reason: told('It is a result of Onestep.') });
  expect(c).toMatchObject({ state: 'failed', problem });
  expect(d).toMatchObject({ state: 'waiting' });
});

it('the report of such a queue is what it was', () => {
  const { photos } = JSON.parse(jobsReport([...jobsIn(old).inOrder()], 'json')) as { photos: unknown };
  expect(photos).toMatchObject([{ status: 'done', report }, { status: 'skipped', reason: 'It is a result of Onestep.' }, { problem }, {}]);
});

it('a queue of this version says the same again, and its report is English', () => {
  const lines = [
    ...old.slice(0, 1),
    { type: 'ended', id: 'a', state: 'done', report: { ...report, rule: sentence('rule.keepsSize'), kept: [told('EXIF')] } },
    { type: 'ended', id: 'b', state: 'skipped', reason: sentence('skip.there', { name: 'b_4x.jpg' }) },
    { type: 'ended', id: 'c', state: 'failed', problem: { ...problem, said: sentence('photo.damaged') } },
  ];
  const jobs = [...jobsIn(lines).inOrder()];
  expect(jobs[1]?.reason).toEqual(sentence('skip.there', { name: 'b_4x.jpg' }));
  expect(jobs[2]?.problem?.said).toEqual(sentence('photo.damaged'));
  const { photos } = JSON.parse(jobsReport(jobs, 'json')) as { photos: unknown[] };
  expect(photos[0]).toMatchObject({ report: { rule: english.say('rule.keepsSize'), kept: ['EXIF'] } });
  expect(photos[1]).toMatchObject({ reason: 'The result b_4x.jpg is already there.' });
  expect(photos[2]).toMatchObject({ problem });
  expect(photos[2]).not.toHaveProperty('problem.said');
});

it('faces are counted as they were where nothing was told of each', () => {
  const faces = { found: 3, restored: 2, tooSmall: 1, tooLarge: 0, fidelity: 0.25 };
  const [a] = [...jobsIn([...old.slice(0, 2), { type: 'ended', id: 'a', state: 'done', report: { ...report, faces } }]).inOrder()];
  expect(a?.report?.faces).toEqual({ ...faces, left: 0, each: [] });
});

it('a verdict about a device is read', async () => {
  const folder = await testFolder();
  const verdict = { state: 'failed', reason: 'The driver crashed during the self-test.', parityDb: null, at: Date.now() };
  await writeFile(join(folder, 'verdicts.json'), JSON.stringify({ schema: 1, verdicts: { key: verdict } }));
  expect(await recallVerdict(folder, 'key')).toEqual({ ...verdict, reason: told(verdict.reason) });
});
