import { halved } from '../../image/halve.ts';
import type { Pixels, Rectangle } from '../../image/pixels.ts';
import { maximum } from '../../image/samples.ts';

/** A photo made small, RGB of 8 bits, interleaved. */
export interface SmallPicture {
  readonly samples: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the photo that one of its own stands for, along each axis. */
  readonly across: number;
  readonly down: number;
}

/** Rows that are made at once. */
const rowsAtOnce = 64;

/** A photo whose longer side has `mostSide` pixels at most: each pixel is the mean of those of the photo that it covers. */
export async function smallPicture(photo: Pixels, mostSide: number): Promise<SmallPicture> {
  const scale = Math.min(1, mostSide / Math.max(photo.width, photo.height));
  const [width, height] = [photo.width, photo.height].map((length) => Math.max(1, Math.round(length * scale))) as [number, number];
  const samples = new Uint8Array(width * height * 3);
  const firsts = (length: number, count: number): number[] =>
    Array.from({ length: count + 1 }, (_, index) => Math.floor((index * length) / count));
  const [columns, rows] = [firsts(photo.width, width), firsts(photo.height, height)];
  for (let top = 0; top < height; top += rowsAtOnce) {
    const end = Math.min(height, top + rowsAtOnce);
    const first = rows[top]!;
    const source = { ...photo, samples: await photo.readRows(first, rows[end]! - first) };
    for (let y = top; y < end; y += 1) {
      const covered = { from: rows[y]! - first, to: rows[y + 1]! - first };
      meansOf(source, covered, columns, samples.subarray(y * width * 3, (y + 1) * width * 3));
    }
  }
  return { samples, width, height, across: photo.width / width, down: photo.height / height };
}

function meansOf(
  { samples, width, channels, bits }: Pick<Pixels, 'width' | 'channels' | 'bits'> & { readonly samples: ArrayLike<number> },
  rows: { readonly from: number; readonly to: number },
  columns: readonly number[],
  output: Uint8Array,
): void {
  const unit = 255 / maximum(bits);
  for (let x = 0; x < columns.length - 1; x += 1) {
    for (let colour = 0; colour < 3; colour += 1) {
      let sum = 0;
      for (let y = rows.from; y < rows.to; y += 1) {
        for (let column = columns[x]!; column < columns[x + 1]!; column += 1) {
          sum += samples[(y * width + column) * channels + (channels === 1 ? 0 : colour)]!;
        }
      }
      output[3 * x + colour] = Math.round((unit * sum) / ((rows.to - rows.from) * (columns[x + 1]! - columns[x]!)));
    }
  }
}

/** The picture, and it again at half the size, until it fits into a square of `side`. */
export function pyramidOf(picture: SmallPicture, side: number): SmallPicture[] {
  const pictures = [picture];
  for (let last = picture; Math.max(last.width, last.height) > side;) {
    const samples = halved({ samples: last.samples, width: last.width, channels: 3, alpha: false });
    const [width, height] = [Math.ceil(last.width / 2), Math.ceil(last.height / 2)];
    last = { samples, width, height, across: 2 * last.across, down: 2 * last.down };
    pictures.push(last);
  }
  return pictures;
}

/** A square of a picture; zero where it is larger than that. */
export class Square {
  readonly picture: SmallPicture;
  readonly side: number;
  readonly left: number;
  readonly top: number;

  constructor(picture: SmallPicture, side: number, left: number, top: number) {
    [this.picture, this.side, this.left, this.top] = [picture, side, left, top];
  }

  /** Planes of blue, green and red, 0…255. */
  planes(): Float32Array {
    const { side, left, top, picture } = this;
    const planes = new Float32Array(3 * side * side);
    const [columns, rows] = [Math.min(side, picture.width - left), Math.min(side, picture.height - top)];
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const from = ((top + y) * picture.width + left + x) * 3;
        for (let colour = 0; colour < 3; colour += 1) planes[((2 - colour) * side + y) * side + x] = picture.samples[from + colour]!;
      }
    }
    return planes;
  }

  /** Whether a box in it does not reach an edge beyond which the picture goes on. */
  hasWhole({ left, top, width, height }: Rectangle): boolean {
    const { side, picture } = this;
    return (
      (this.left === 0 || left > 0) &&
      (this.top === 0 || top > 0) &&
      (this.left + side >= picture.width || left + width < side) &&
      (this.top + side >= picture.height || top + height < side)
    );
  }
}

/** Squares of a picture that have every spot of it, and overlap by a quarter. */
export const squaresOf = (picture: SmallPicture, side: number): Square[] =>
  startsOf(picture.height, side).flatMap((top) => startsOf(picture.width, side).map((left) => new Square(picture, side, left, top)));

function startsOf(length: number, side: number): number[] {
  const step = (side * 3) / 4;
  const count = Math.max(1, Math.ceil((length - side) / step) + 1);
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(Math.floor(index * step), length - side)));
}
