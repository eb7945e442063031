/** The names of the messages between the preload script and Electron's main process. */
export const contractChannel = 'contract';
/** A page has begun to listen: whatever an earlier page in the same window was told no longer counts. */
export const contractOpened = 'contract-opened';
