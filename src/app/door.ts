import type { AppCalls } from '../shared/contract.ts';
import type { QueueState } from '../shared/queue.ts';
import type { Settings } from '../shared/settings.ts';
import type { StartableDoor } from './desktop-actions/desktop-actions.ts';

/** What only a door can do: the window's dialogs and the desktop around it. A door that cannot do something does nothing. */
export interface Door {
  readonly name: 'electron' | 'browser';
  /** Whether there is a desktop on which folders and pages can be opened. */
  readonly desktop: boolean;
  /** Whether it can replace the application by a newer version. */
  readonly updates: boolean;
  /** The person's choice, empty when the dialog was closed; null where the door has no dialogs. */
  choose(kind: Parameters<AppCalls['desktop']['choose']>[0]): Promise<string[] | null>;
  /** How other programs start this door; null for one that they cannot. */
  readonly startable: StartableDoor | null;
  showInFolder(path: string): Promise<void>;
  /** @param target an https address, or the path of a page of ours: see {@link pageTarget} */
  openPage(target: string): Promise<void>;
  /** For the taskbar, for keeping awake while it runs, and for a notification when the last job is over. */
  queueChanged(state: QueueState, settings: Settings): void;
}

/** Where settings are kept. */
export interface SettingsStore {
  /** Whatever is stored; empty the first time or where the file cannot be read. */
  read(): Record<string, unknown>;
  write(settings: Settings): void;
}
