import type { Channel } from './rpc.ts';

/** All that Electron's preload script shows to the page, as `window.onestep`. In a browser there is none. */
export interface DesktopBridge {
  /** Carries the contract, as the WebSocket does in the browser. */
  readonly channel: Channel;
  /** Where a dropped or chosen file lies; empty for one that lies nowhere, such as a picture dragged out of a page. */
  pathForFile(file: File): string;
}

declare global {
  interface Window {
    readonly onestep?: DesktopBridge;
  }
}
