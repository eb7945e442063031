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

export class ScriptedPictures {
  #folder;
  #files;
  #thumbnails = new Map();

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

  async thumbnail(id, edge) {
    const file = this.#files[id % this.#files.length];
    const key = `${id % (this.#files.length || differentDrawings)} ${edge}`;
    if (!this.#thumbnails.has(key)) {
      const picture = file === undefined ? sharp(Buffer.from(this.#drawing(id))) : sharp(join(this.#folder, file));
      this.#thumbnails.set(key, picture.resize(edge, edge, { fit: 'inside' }).webp().toBuffer());
    }
    return this.#thumbnails.get(key);
  }

  /** A landscape of its own colours for each number. */
  #drawing(id) {
    const [width, height] = this.sizeOf(id);
    const hue = (id * 47) % 360;
    const hills = [0.55, 0.68, 0.82].map((level, index) => {
      const top = `Q ${width * (0.2 + 0.13 * ((id + index) % 5))} ${height * (level - 0.22)} ${width} ${height * (level + 0.05)}`;
      const fill = `hsl(${hue + 20 * index} 35% ${42 - index * 12}%)`;
      return `<path fill="${fill}" d="M0 ${height * level} ${top} V ${height} H 0 Z"/>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${hue + 180} 45% 60%)"/><stop offset="1" stop-color="hsl(${hue} 70% 85%)"/></linearGradient>
      <rect width="100%" height="100%" fill="url(#sky)"/>
      <circle cx="70%" cy="30%" r="7%" fill="#fff8e0"/>${hills.join('')}</svg>`;
  }
}
