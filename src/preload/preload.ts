import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { contractChannel, contractOpened, type DesktopBridge } from '../shared/desktop-bridge.ts';

/** The whole of what the page gets from Electron: a pipe for the contract, and where a dropped file lies. */
const bridge: DesktopBridge = {
  channel: {
    post: (message) => ipcRenderer.send(contractChannel, message),
    on: (receive) => {
      ipcRenderer.on(contractChannel, (_, message: unknown) => receive(message));
      ipcRenderer.send(contractOpened);
    },
  },
  pathForFile: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('onestep', bridge);
