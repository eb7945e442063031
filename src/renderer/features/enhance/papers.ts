import type { Target } from '../../../shared/target.ts';

export type Print = Extract<Target, { kind: 'print' }>;

const mmPerInch = 25.4;
const inches = (long: number, short: number): Paper => ({
  name: `${short} × ${long} in`,
  widthMm: long * mmPerInch,
  heightMm: short * mmPerInch,
  unit: 'in',
});
const centimetres = (long: number, short: number, name = `${short} × ${long} cm`): Paper => ({
  name,
  widthMm: long * 10,
  heightMm: short * 10,
  unit: 'cm',
});

/** A size that photos are printed in. */
export interface Paper {
  readonly name: string;
  readonly widthMm: number;
  readonly heightMm: number;
  readonly unit: PrintUnit;
}
export type PrintUnit = 'cm' | 'in';
export const mmPer: Readonly<Record<PrintUnit, number>> = { cm: 10, in: mmPerInch };

export const papers: readonly Paper[] = [
  centimetres(15, 10),
  centimetres(18, 13),
  centimetres(30, 20),
  centimetres(40, 30),
  centimetres(60, 40),
  centimetres(29.7, 21, 'A4'),
  centimetres(42, 29.7, 'A3'),
  centimetres(59.4, 42, 'A2'),
  inches(6, 4),
  inches(7, 5),
  inches(10, 8),
  inches(14, 11),
  inches(20, 16),
  inches(36, 24),
];

/** The paper of a print, whichever way it is said; undefined where it is of no usual size. */
export function paperOf({ widthMm, heightMm }: Pick<Print, 'widthMm' | 'heightMm'>): Paper | undefined {
  const near = (one: number, other: number): boolean => Math.abs(one - other) < 0.05;
  const [long, short] = [Math.max(widthMm, heightMm), Math.min(widthMm, heightMm)];
  return papers.find((paper) => near(paper.widthMm, long) && near(paper.heightMm, short));
}
