import { app, session, type WebContents } from 'electron';
import { isOwnAddress } from './page-scheme.ts';

/** What the page may ask of the system: to put a picture or words on the clipboard. */
const allowedPermissions: readonly string[] = ['clipboard-sanitized-write'];
/** Beside our own origin: what the page has made itself, and Chromium's own inspector. */
const localSchemes = ['blob:', 'data:', 'devtools:'];

/** Before any window: no page but ours, no window but ours, no permission, no request that would leave the computer. */
export function lockDown(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((contents, permission, decide) =>
    decide(allowedPermissions.includes(permission) && isOwnAddress(contents.getURL())),
  );
  defaultSession.setPermissionCheckHandler(
    (contents, permission) => contents !== null && allowedPermissions.includes(permission) && isOwnAddress(contents.getURL()),
  );
  defaultSession.webRequest.onBeforeRequest(({ url }, decide) =>
    decide({ cancel: !isOwnAddress(url) && !localSchemes.some((scheme) => url.startsWith(scheme)) }),
  );
  app.on('web-contents-created', (_, contents) => confine(contents));
}

function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => {
    // Reloading is the one navigation that there is.
    if (!isOwnAddress(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}
