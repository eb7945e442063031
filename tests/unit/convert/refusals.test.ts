import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listed } from '../../../src/convert/diffusion/folder.ts';
import { parseParam } from '../../../src/convert/ncnn/param.ts';
import { readNcnn } from '../../../src/convert/ncnn/read.ts';
import { openWeights } from '../../../src/convert/weights/open.ts';
import { damaged } from '../../../src/convert/weights/state-dict.ts';
import { languages, wordsOf, type Language } from '../../../src/shared/language.ts';
import { problemOf, problemWords } from '../../../src/shared/problem.ts';
import { sentence, speakerOf } from '../../../src/shared/sentence.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

const titleIn = (language: Language, error: unknown): string =>
  problemWords(problemOf(error).toData(), speakerOf(wordsOf(language), language)).title;
const refusalOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
};

describe('why a model file is refused', () => {
  it('is told in every language, down to the line of a file', async () => {
    const error = await refusalOf(() => parseParam('7767517\n3 3\nInput in 0 1 in', 'x2.param'));
    expect(languages.map((language) => titleIn(language, error))).toEqual([
      'x2.param is not an ncnn network: line 2 promises 3 layers; there are 1.',
      'x2.param ist kein ncnn-Netz (Zeile 2: sie verspricht 3 Schichten, da sind 1).',
      'x2.param 不是 ncnn 网络（第 2 行：声称有 3 层，实有 1 层）。',
    ]);
  });

  it('is told of a layer', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'x.param'), '7767517\n2 2\nInput in 0 1 in\nMagic m 1 1 in out\n');
    await writeFile(join(folder, 'x.bin'), '');
    const error = await refusalOf(() => readNcnn(join(folder, 'x.param'), join(folder, 'x.bin')));
    expect(titleIn('de', error)).toBe('Die Schicht m (Magic) von x.param wird nicht verstanden (ihre Art kennt Onestep nicht).');
  });

  it('is told of a file that is damaged, without what a terminal would obey', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'x.safetensors');
    await writeFile(path, Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a}')]));
    expect(titleIn('de', await refusalOf(() => openWeights(path)))).toBe(
      'x.safetensors kann nicht gelesen werden (der Dateikopf ist kein JSON).',
    );
    const hostile = damaged('x.pth', sentence('import.why.partMissing', { part: `\u001B[2J${'a'.repeat(500)}` }));
    expect(titleIn('en', hostile)).toBe(`x.pth cannot be read: its part ?[2J${'a'.repeat(196)} is missing.`);
  });

  it('names the first of many tensors', () => {
    const german = speakerOf(wordsOf('de'), 'de');
    expect(german.tell(listed(['a', 'b']))).toBe('a, b');
    expect(german.tell(listed(['a', 'b', 'c', 'd', 'e', 'f']))).toBe('a, b, c, d und 2 weitere');
  });
});
