/** The queue's rows are of one height, so that only those in view need be drawn. Lengths in CSS pixels. */
export const rowHeight = 84;

/** The indices from `from` up to but without `to` that are in view or within `spareRows` of it. */
export function rowsInView(
  count: number,
  view: { readonly top: number; readonly height: number },
  spareRows: number,
): { readonly from: number; readonly to: number } {
  const inside = (index: number): number => Math.min(Math.max(index, 0), count);
  return {
    from: inside(Math.floor(view.top / rowHeight) - spareRows),
    to: inside(Math.ceil((view.top + view.height) / rowHeight) + spareRows),
  };
}

/** Where something dropped at a height of the list goes: before the row of this index, or to the end with `count`. */
export const dropIndex = (y: number, count: number): number => Math.min(Math.max(Math.round(y / rowHeight), 0), count);
