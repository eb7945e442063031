/**
 * Where the interface gets pixels from: addresses below its own origin, the same in every door. They name photos by the number
 * that the application gave them, so that no path ever stands in an address and nothing that was not opened can be asked for.
 *
 *     /photo/17/thumbnail/256        upright, sRGB, longer side at most 256 px
 *     /photo/17/tile/3/5/2           level 3, column 5, row 2 of the pyramid, lossless, with the photo's own profile
 *     /photo/18/drift/17             where the result 18, made small again, differs from photo 17; longer side at most {@link driftEdge} px
 *     /photo/17/picture              the whole photo as PNG, longer side at most {@link pictureEdge} px: for the clipboard
 *
 * `?v=` carries the photo's `version`, so that answers may be kept for ever.
 */
export type PhotoAddress =
  | { readonly kind: 'thumbnail'; readonly photo: number; readonly edge: ThumbnailEdge }
  | { readonly kind: 'tile'; readonly photo: number; readonly level: number; readonly column: number; readonly row: number }
  | { readonly kind: 'drift'; readonly photo: number; readonly source: number }
  | { readonly kind: 'picture'; readonly photo: number };

/** Longer sides of thumbnails in pixels. */
export const thumbnailEdges = [256, 512, 1024] as const;
export type ThumbnailEdge = (typeof thumbnailEdges)[number];

/** Side of the pyramid's tiles in pixels. */
export const tileSide = 256;
/** Longer side of a picture for the clipboard, in pixels. */
export const pictureEdge = 8192;
/** Longer side of a drift map in pixels. */
export const driftEdge = 2048;

export function photoAddress(address: PhotoAddress, version: string): string {
  const [photo, v] = [String(address.photo), encodeURIComponent(version)];
  switch (address.kind) {
    case 'thumbnail':
      return `/photo/${photo}/thumbnail/${address.edge}?v=${v}`;
    case 'tile':
      return `/photo/${photo}/tile/${address.level}/${address.column}/${address.row}?v=${v}`;
    case 'drift':
      return `/photo/${photo}/drift/${address.source}?v=${v}`;
    case 'picture':
      return `/photo/${photo}/picture?v=${v}`;
  }
}

/** The address that a path (without `?…`) stands for; null for anything that {@link photoAddress} does not make. */
export function parsePhotoAddress(path: string): PhotoAddress | null {
  const match = /^\/photo\/(\d{1,9})\/(?:(picture)|drift\/(\d{1,9})|thumbnail\/(\d{1,5})|tile\/(\d{1,2})\/(\d{1,6})\/(\d{1,6}))$/.exec(
    path,
  );
  if (match === null) return null;
  const [, id, picture, source, edgeText, level, column, row] = match;
  const photo = Number(id);
  if (picture !== undefined) return { kind: 'picture', photo };
  if (source !== undefined) return { kind: 'drift', photo, source: Number(source) };
  if (edgeText !== undefined) {
    const edge = thumbnailEdges.find((known) => known === Number(edgeText));
    return edge === undefined ? null : { kind: 'thumbnail', photo, edge };
  }
  return { kind: 'tile', photo, level: Number(level), column: Number(column), row: Number(row) };
}
