/**
 * The library's grid: equal cells in rows. Only the rows in view are drawn, so everything about a cell follows from its index.
 * All lengths in CSS pixels; browsers draw up to about 33 million of them, which is 50,000 photos in one column.
 */
export interface GridGeometry {
  readonly columns: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly rows: number;
  /** Of the whole list. */
  readonly height: number;
}

export const gridGap = 12;
export const gridPadding = 16;
/** Below the picture: the name and the size. */
export const captionHeight = 44;

/** Cells are at least `cellSide` wide where there is room for one, and stretched so that the row is filled. */
export function gridGeometry(width: number, cellSide: number, count: number): GridGeometry {
  const room = Math.max(width - 2 * gridPadding, 1);
  const columns = Math.max(1, Math.floor((room + gridGap) / (cellSide + gridGap)));
  const cellWidth = (room - (columns - 1) * gridGap) / columns;
  const cellHeight = cellWidth + captionHeight;
  const rows = Math.ceil(count / columns);
  const height = rows === 0 ? 0 : rows * (cellHeight + gridGap) - gridGap + 2 * gridPadding;
  return { columns, cellWidth, cellHeight, rows, height };
}

/** The indices from `from` up to but without `to` that are in view or within `spareRows` of it. */
export function cellsInView(
  { columns, cellHeight }: GridGeometry,
  count: number,
  view: { readonly top: number; readonly height: number },
  spareRows: number,
): { readonly from: number; readonly to: number } {
  const rowHeight = cellHeight + gridGap;
  const first = Math.floor((view.top - gridPadding) / rowHeight) - spareRows;
  const last = Math.ceil((view.top + view.height - gridPadding) / rowHeight) + spareRows;
  const inside = (index: number): number => Math.min(Math.max(index, 0), count);
  return { from: inside(first * columns), to: inside(last * columns) };
}

export function cellPlace(
  { columns, cellWidth, cellHeight }: GridGeometry,
  index: number,
): { readonly left: number; readonly top: number } {
  return {
    left: gridPadding + (index % columns) * (cellWidth + gridGap),
    top: gridPadding + Math.floor(index / columns) * (cellHeight + gridGap),
  };
}

/** Where to scroll so that a cell is wholly in view, moving no more than needed. */
export function scrollToShow(grid: GridGeometry, index: number, view: { readonly top: number; readonly height: number }): number {
  const { top } = cellPlace(grid, index);
  const [least, most] = [top + grid.cellHeight + gridPadding - view.height, top - gridPadding];
  return Math.max(0, view.top > most ? most : Math.min(Math.max(view.top, least), most));
}

/** How many rows Page Up and Page Down move. */
export const rowsPerPage = ({ cellHeight }: GridGeometry, viewHeight: number): number =>
  Math.max(1, Math.floor(viewHeight / (cellHeight + gridGap)) - 1);
