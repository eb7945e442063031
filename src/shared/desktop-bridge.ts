import type { Channel } from './protocol/connect.ts';

/** What the preload script puts on the page as `window.onestep`. Absent in a browser, which has a WebSocket instead. */
export interface DesktopBridge {
  /** The contract's messages. */
  readonly channel: Channel;
  /** Where a dropped or chosen file lies; empty for one that is not on disk. */
  pathForFile(file: File): string;
}
