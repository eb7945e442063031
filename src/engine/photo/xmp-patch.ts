/** XMP properties that describe the pixels (XMP specification part 2 §3: tiff and exif schemas), and their new values. */
const replacements = (result: { width: number; height: number }): Readonly<Record<string, number>> => ({
  'tiff:Orientation': 1,
  'tiff:ImageWidth': result.width,
  'tiff:ImageLength': result.height,
  'exif:PixelXDimension': result.width,
  'exif:PixelYDimension': result.height,
});

/**
 * An XMP packet for the enlarged picture: upright, with the new size, without thumbnails and without the announcement
 * of an HDR gain map (which the result does not have). All else keeps its text.
 */
export function patchXmp(packet: Uint8Array, result: { width: number; height: number; dpi: number | null }): Uint8Array {
  const original = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  // UTF-16 packets are allowed and do not occur in photos; they are left as they are.
  if (original.includes(0)) return packet;
  let text = original.toString('utf8');
  for (const [name, value] of Object.entries(replacements(result))) text = setProperty(text, name, String(value));
  if (result.dpi !== null) {
    const dpi = `${Math.round(result.dpi * 1000)}/1000`;
    text = setProperty(setProperty(setProperty(text, 'tiff:XResolution', dpi), 'tiff:YResolution', dpi), 'tiff:ResolutionUnit', '2');
  }
  text = text.replace(/<xmp:Thumbnails>[^]*?<\/xmp:Thumbnails>/g, '').replace(/\s+hdrgm:Version=("[^"]*"|'[^']*')/g, '');
  return Buffer.from(text);
}

/** A simple property may be written as an attribute or as an element. */
function setProperty(text: string, name: string, value: string): string {
  return text
    .replace(new RegExp(`(\\s${name}\\s*=\\s*)("[^"]*"|'[^']*')`, 'g'), `$1"${value}"`)
    .replace(new RegExp(`(<${name}>)[^<]*(</${name}>)`, 'g'), `$1${value}$2`);
}
