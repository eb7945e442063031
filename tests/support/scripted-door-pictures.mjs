/** Pictures for the scripted application: drawn, or those of a folder. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const sizes = [
  [1600, 1067],
  [1067, 1600],
  [2400, 1350],
  [1200, 1200],
];
/** So many different pictures are drawn; later photos look like earlier ones. */
const differentDrawings = 24;
const tileSide = 256;
/** Of results and enhanced parts; photos are counted from nought. */
const firstAdded = 1_000_000;

export class ScriptedPictures {
  #folder;
  #files;
  #thumbnails = new Map();
  #added = [];

  static async open(folder) {
    const names = folder === null ? [] : await readdir(folder);
    return new ScriptedPictures(folder, names.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort());
  }

  constructor(folder, files) {
    this.#folder = folder;
    this.#files = files;
  }

  nameOf(id) {
    const file = this.#files[id % this.#files.length];
    if (file === undefined) return `DSC_${1000 + id}.jpg`;
    return id < this.#files.length ? file : file.replace(/(?=\.\w+$)/, `-${id}`);
  }

  sizeOf(id) {
    return sizes[id % sizes.length];
  }

  /** A result of a photo, larger, or the enhanced part of one: a number for the addresses of its pixels. */
  add(photo, scale, region = null) {
    const id = firstAdded + this.#added.length;
    const [width, height] = this.sizeOf(photo);
    this.#added.push({ photo, scale, region: region ?? { left: 0, top: 0, width, height } });
    return id;
  }

  /** What of which photo a number stands for. */
  #partOf(id) {
    const [width, height] = this.sizeOf(id);
    return this.#added[id - firstAdded] ?? { photo: id, scale: 1, region: { left: 0, top: 0, width, height } };
  }

  pyramid(id) {
    const { scale, region } = this.#partOf(id);
    const levels = [{ width: region.width * scale, height: region.height * scale }];
    while (Math.max(levels[0].width, levels[0].height) > tileSide) {
      levels.unshift({ width: Math.ceil(levels[0].width / 2), height: Math.ceil(levels[0].height / 2) });
    }
    return { ...levels.at(-1), tileSide, levels };
  }

  async tile(id, level, column, row) {
    const { photo, region } = this.#partOf(id);
    const { width, height } = this.pyramid(id).levels[level];
    const [left, top] = [column * tileSide, row * tileSide];
    const size = { width: Math.min(tileSide, width - left), height: Math.min(tileSide, height - top) };
    const by = region.width / width;
    const part = { left: region.left + left * by, top: region.top + top * by, width: size.width * by, height: size.height * by };
    return this.#part(photo, part, size).png({ compressionLevel: 1 }).toBuffer();
  }

  async thumbnail(id, edge) {
    const { photo, region } = this.#partOf(id);
    const key = `${id < firstAdded ? id % (this.#files.length || differentDrawings) : id} ${edge}`;
    if (!this.#thumbnails.has(key)) {
      const { width, height } = this.pyramid(id);
      const by = Math.min(1, edge / Math.max(width, height));
      const size = { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
      this.#thumbnails.set(key, this.#part(photo, region, size).webp().toBuffer());
    }
    return this.#thumbnails.get(key);
  }

  /** A part of a photo, in its pixels, as a picture of that size. */
  #part(photo, { left, top, width, height }, size) {
    const file = this.#files[photo % this.#files.length];
    if (file === undefined) return sharp(Buffer.from(this.#drawing(photo, [left, top, width, height], size)));
    const [wide, high] = this.sizeOf(photo);
    const inside = {
      left: Math.min(wide - 1, Math.floor(left)),
      top: Math.min(high - 1, Math.floor(top)),
      width: Math.max(1, Math.min(wide - Math.floor(left), Math.round(width))),
      height: Math.max(1, Math.min(high - Math.floor(top), Math.round(height))),
    };
    const whole = sharp(join(this.#folder, file)).resize(wide, high, { fit: 'cover' }).extract(inside);
    return whole.resize(size.width, size.height, { fit: 'fill' });
  }

  /** A landscape of its own colours for each number. */
  #drawing(id, [x, y, wide, high], size) {
    const [width, height] = this.sizeOf(id);
    const hue = (id * 47) % 360;
    const hills = [0.55, 0.68, 0.82].map((level, index) => {
      const top = `Q ${width * (0.2 + 0.13 * ((id + index) % 5))} ${height * (level - 0.22)} ${width} ${height * (level + 0.05)}`;
      const fill = `hsl(${hue + 20 * index} 35% ${42 - index * 12}%)`;
      return `<path fill="${fill}" d="M0 ${height * level} ${top} V ${height} H 0 Z"/>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${wide} ${high}" preserveAspectRatio="none" width="${size.width}" height="${size.height}">
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${hue + 180} 45% 60%)"/><stop offset="1" stop-color="hsl(${hue} 70% 85%)"/></linearGradient>
      <rect width="${width}" height="${height}" fill="url(#sky)"/>
      <circle cx="${0.7 * width}" cy="${0.3 * height}" r="${0.07 * Math.hypot(width, height)}" fill="#fff8e0"/>${hills.join('')}</svg>`;
  }
}
