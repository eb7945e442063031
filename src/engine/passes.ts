import type { Pass } from '../shared/engine-protocol.ts';
import { Problem } from '../shared/problem.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { autoMegapixels, type Target } from '../shared/target.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A model as far as the choice of passes is concerned. */
export interface ScaleModel {
  readonly id: string;
  readonly scale: number;
}

export interface PassChoice extends Size {
  readonly passes: readonly Pass[];
  /** Why these passes. */
  readonly rule: Sentence;
  /** Not null: nothing shall be done, and why; size and passes are then those of the untouched photo. */
  readonly skip: Sentence | null;
}

/**
 * How the target size is reached with models of the given scales (px, ≥ 1): the one or two uses of them with the smallest
 * product that is large enough, fewer uses first, the larger scale first; then a resampling when that is not the exact size.
 * With ×2 and ×4: up to ×2 → ×2, up to ×4 → ×4, up to ×8 → ×4 then ×2, up to ×16 → ×4 twice. ×1 is ×2 too, and then as large as
 * the photo was: cleaner.
 * @throws Problem too-large-a-scale when two uses are not enough
 */
export function choosePasses(photo: Size, target: Target, models: readonly ScaleModel[], skipLarger: boolean): PassChoice {
  const wanted = targetSize(photo, target, models);
  if (skipLarger && namesSize(target) && covers(photo, 1, wanted)) {
    return {
      ...sizeOf(photo),
      passes: [],
      rule: wanted.rule,
      skip: sentence('skip.largeEnough', { size: inPixels(photo), wanted: inPixels(wanted) }),
    };
  }
  const uses = sequences(models).find((sequence) => covers(photo, product(sequence), wanted));
  if (uses === undefined) throw tooLarge(photo, wanted, models);

  const passes: Pass[] = [];
  let reached = 1;
  for (const { id, scale } of uses) {
    reached *= scale;
    passes.push({ model: id, scale, width: photo.width * reached, height: photo.height * reached });
  }
  const enlarged = { width: photo.width * reached, height: photo.height * reached };
  const exact = enlarged.width === wanted.width && enlarged.height === wanted.height;
  if (!exact) passes.push({ model: null, scale: wanted.width / enlarged.width, width: wanted.width, height: wanted.height });
  const inShort = { asked: wanted.rule, uses: usesInWords(uses) };
  const rule = exact
    ? sentence('rule.exact', inShort)
    : sentence('rule.resampled', { ...inShort, from: inPixels(enlarged), to: inPixels(wanted) });
  return { ...sizeOf(wanted), passes, rule, skip: null };
}

interface TargetSize extends Size {
  readonly rule: Sentence;
}

/** The size asked for: exact multiples for factors, else the largest of the photo's shape inside a box; every side ≥ 1 px. */
function targetSize(photo: Size, target: Target, models: readonly ScaleModel[]): TargetSize {
  switch (target.kind) {
    case 'auto':
      return autoSize(photo, models);
    case 'scale':
      return { ...times(photo, target.scale), rule: sentence('rule.scale', { scale: target.scale }) };
    case 'longEdge':
      return { ...fitInto(photo, target.pixels, target.pixels), rule: sentence('rule.longEdge', { pixels: target.pixels }) };
    case 'fit':
      return { ...fitInto(photo, target.width, target.height), rule: sentence('rule.fit', { width: target.width, height: target.height }) };
    case 'print':
      return printSize(photo, target);
  }
}

function autoSize(photo: Size, models: readonly ScaleModel[]): TargetSize {
  if (models.every((model) => model.scale === 1)) return { ...sizeOf(photo), rule: sentence('rule.keepsSize') };
  const megapixels = (photo.width * photo.height) / 1e6;
  const isSmall = megapixels <= autoMegapixels;
  const scale = isSmall ? 4 : 2;
  const rule = sentence(isSmall ? 'rule.auto.small' : 'rule.auto.large', { megapixels, limit: autoMegapixels, scale });
  return { ...times(photo, scale), rule };
}

/** Paper has no top: the print is turned the way the photo is. 25.4 mm are one inch. */
function printSize(photo: Size, { widthMm, heightMm, dpi }: Extract<Target, { kind: 'print' }>): TargetSize {
  const pixels = (millimetres: number): number => Math.max(1, Math.round((millimetres / 25.4) * dpi));
  const [short, long] = [pixels(Math.min(widthMm, heightMm)), pixels(Math.max(widthMm, heightMm))];
  const box = photo.width >= photo.height ? fitInto(photo, long, short) : fitInto(photo, short, long);
  return { ...box, rule: sentence('rule.print', { widthMm, heightMm, dpi }) };
}

/** The largest size of the photo's shape within `width`×`height`: one side is exact, the other rounded. */
function fitInto(photo: Size, width: number, height: number): Size {
  return width * photo.height <= height * photo.width
    ? { width, height: Math.max(1, Math.round((photo.height * width) / photo.width)) }
    : { width: Math.max(1, Math.round((photo.width * height) / photo.height)), height };
}

/** One use of each scale and every ordered pair (larger first), smallest product first, fewer uses first. */
function sequences(models: readonly ScaleModel[]): (readonly ScaleModel[])[] {
  const byScale = new Map<number, ScaleModel>();
  for (const model of models) if (!byScale.has(model.scale)) byScale.set(model.scale, model);
  const distinct = [...byScale.values()];
  const pairs = distinct.flatMap((first) => distinct.filter((second) => second.scale <= first.scale).map((second) => [first, second]));
  return [...distinct.map((model) => [model]), ...pairs].sort((a, b) => product(a) - product(b) || a.length - b.length);
}

function tooLarge(photo: Size, wanted: Size, models: readonly ScaleModel[]): Problem {
  const largest = Math.max(...sequences(models).map(product));
  const names = models.map((model) => model.id);
  const factor = Math.max(wanted.width / photo.width, wanted.height / photo.height);
  return new Problem(
    'too-large-a-scale',
    sentence('result.tooLarge', { wanted: inPixels(wanted), factor: formatFactor(factor), size: inPixels(photo), models: names, largest }),
    { advice: sentence(largest < 16 ? 'result.tooLarge.adviceModel' : 'result.tooLarge.advice', { largest }) },
  );
}

function usesInWords([first, second]: readonly ScaleModel[]): Sentence {
  const model = first?.id ?? '';
  if (second === undefined) return sentence('rule.once', { model });
  return first?.id === second.id ? sentence('rule.twice', { model }) : sentence('rule.two', { first: model, second: second.id });
}

/** Whether a size was asked for, which a photo may have already, and not so many times its own. */
const namesSize = ({ kind }: Target): boolean => kind !== 'scale' && kind !== 'auto';
const product = (sequence: readonly ScaleModel[]): number => sequence.reduce((total, model) => total * model.scale, 1);
const covers = (photo: Size, scale: number, wanted: Size): boolean =>
  wanted.width <= photo.width * scale && wanted.height <= photo.height * scale;
const times = (size: Size, scale: number): Size => ({ width: size.width * scale, height: size.height * scale });
const sizeOf = ({ width, height }: Size): Size => ({ width, height });
const inPixels = ({ width, height }: Size): Sentence => sentence('size.pixels', { width, height });

/** A factor for people and file names: at most two decimals, none that are zero. */
export const formatFactor = (factor: number): string => String(Number(factor.toFixed(2)));
