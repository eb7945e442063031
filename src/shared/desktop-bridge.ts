import type { Channel } from './protocol/connect.ts';

/** What the preload script puts on the page as `window.onestep`. Absent in a browser, which has a WebSocket instead. */
export interface DesktopBridge {
  /** The contract's messages. */
  readonly channel: Channel;
  /** Where a dropped or chosen file lies; empty for one that is not on disk. */
  pathForFile(file: File): string;
}

/** The names of the messages between the preload script and Electron's main process. */
export const contractChannel = 'contract';
/** A page has begun to listen: whatever an earlier page in the same window was told no longer counts. */
export const contractOpened = 'contract-opened';
