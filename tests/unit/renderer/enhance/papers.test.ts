import { expect, it } from 'vitest';
import { paperOf, papers } from '../../../../src/renderer/features/enhance/papers.ts';

it('a paper is known whichever way it is said, in either unit', () => {
  expect(papers.map((paper) => paperOf(paper)?.name)).toEqual(papers.map(({ name }) => name));
  expect(paperOf({ widthMm: 210, heightMm: 297 })?.name).toBe('A4');
  expect(paperOf({ widthMm: 203.2, heightMm: 254 })).toMatchObject({ name: '8 × 10 in', unit: 'in' });
  expect(paperOf({ widthMm: 200, heightMm: 201 })).toBeUndefined();
});

it('every paper says its long side first, and no two are the same', () => {
  expect(papers.filter(({ widthMm, heightMm }) => widthMm < heightMm)).toEqual([]);
  expect(new Set(papers.map(({ name }) => name)).size).toBe(papers.length);
});
