import Boxes from '@lucide/svelte/icons/boxes';
import CircleQuestionMark from '@lucide/svelte/icons/circle-question-mark';
import Columns2 from '@lucide/svelte/icons/columns-2';
import Copy from '@lucide/svelte/icons/copy';
import FileJson from '@lucide/svelte/icons/file-braces';
import FileSpreadsheet from '@lucide/svelte/icons/file-spreadsheet';
import Folder from '@lucide/svelte/icons/folder';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import FolderPlus from '@lucide/svelte/icons/folder-plus';
import ImagePlus from '@lucide/svelte/icons/image-plus';
import Images from '@lucide/svelte/icons/images';
import Info from '@lucide/svelte/icons/info';
import Keyboard from '@lucide/svelte/icons/keyboard';
import ListChecks from '@lucide/svelte/icons/list-checks';
import ListX from '@lucide/svelte/icons/list-x';
import Network from '@lucide/svelte/icons/network';
import OctagonPause from '@lucide/svelte/icons/octagon-pause';
import Pause from '@lucide/svelte/icons/pause';
import Play from '@lucide/svelte/icons/play';
import Plus from '@lucide/svelte/icons/plus';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Settings from '@lucide/svelte/icons/settings';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import Sparkles from '@lucide/svelte/icons/sparkles';
import Trash from '@lucide/svelte/icons/trash';
import X from '@lucide/svelte/icons/x';
import type { Place } from '../../shared/contract.ts';
import type { Intake } from '../features/library/intake.svelte.ts';
import type { LibraryDesk } from '../features/library/library-desk.svelte.ts';
import type { JobDesk, QueueDesk } from '../features/queue/queue-desk.ts';
import type { Onestep } from '../state/onestep.svelte.ts';
import { table, type Action } from './action.ts';
import { compareActions } from './compare-actions.ts';

export interface WindowTarget {
  readonly onestep: Onestep;
  readonly intake: Intake;
}

export interface PresetTarget {
  readonly count: number;
  readonly ask: (what: 'save' | 'delete') => void;
  readonly reset: () => void;
}

const go = (place: Place, icon: Action<never>['icon'], keys?: readonly string[]): Action<WindowTarget> => ({
  words: `place.${place as Exclude<Place, 'compare'>}`,
  icon,
  keys,
  run: ({ onestep }) => onestep.navigation.go(place),
});

/**
 * Everything that can be done by key, from a menu or a toolbar: the keyboard, the menus, the toolbars and the help all read this.
 * `window` is heard on every page, `photos` where the grid has the focus, the others on their page.
 */
export const actions = {
  window: table<WindowTarget>()({
    openPhotos: { words: 'open.photos', icon: ImagePlus, keys: ['Mod+o'], run: ({ intake }) => void intake.choose('photos') },
    openFolder: { words: 'open.folder', icon: FolderPlus, keys: ['Mod+Shift+o'], run: ({ intake }) => void intake.choose('folder') },
    library: go('library', Images),
    queue: go('queue', ListChecks),
    fleet: go('fleet', Network),
    models: go('models', Boxes),
    settings: go('settings', Settings, ['Mod+,']),
    about: go('about', Info),
    help: { ...go('help', CircleQuestionMark, ['F1']), run: ({ onestep }) => onestep.navigation.help('index') },
    shortcuts: { words: 'shortcuts', icon: Keyboard, keys: ['?'], run: ({ onestep }) => (onestep.navigation.helps = true) },
  }),

  library: table<LibraryDesk>()({
    enhance: {
      words: 'menu.enhance',
      icon: Sparkles,
      keys: ['Mod+Enter'],
      enabled: ({ count, blocked }) => count > 0 && !blocked,
      run: (desk) => void desk.enhance(),
    },
    paste: { words: 'library.paste', keys: ['Mod+v'], byEvent: true, run: () => undefined },
    search: { words: 'library.search', keys: ['Mod+f'], run: (desk) => desk.search() },
  }),

  photos: table<LibraryDesk>()({
    enhance: {
      words: 'menu.enhance',
      icon: Sparkles,
      enabled: ({ chosen, blocked }) => chosen.length > 0 && !blocked,
      run: (desk) => void desk.enhance(),
    },
    enhanceWith: {
      words: 'menu.enhanceWith',
      icon: SlidersHorizontal,
      enabled: ({ chosen }) => chosen.length > 0,
      run: (desk) => desk.enhanceWith(),
    },
    compare: {
      words: 'menu.compare',
      icon: Columns2,
      keys: ['Enter'],
      enabled: ({ card }) => card !== null,
      run: (desk) => desk.compare(),
    },
    showInFolder: {
      words: 'menu.showInFolder',
      icon: FolderOpen,
      enabled: ({ card }) => card !== null,
      run: (desk) => void desk.showInFolder(),
    },
    onlyFolder: { words: 'menu.onlyFolder', icon: Folder, enabled: ({ folder }) => folder !== null, run: (desk) => void desk.showFolder() },
    copyResult: {
      words: 'menu.copyResult',
      icon: Copy,
      enabled: ({ card }) => card !== null && card.result !== null,
      run: (desk) => void desk.copyResult(),
    },
    remove: {
      words: 'menu.remove',
      icon: ListX,
      keys: ['Delete'],
      enabled: ({ chosen }) => chosen.length > 0,
      run: (desk) => void desk.remove(),
    },
    selectAll: { words: 'library.selectAll', keys: ['Mod+a'], run: ({ selection }) => selection.all() },
    selectNone: { words: 'library.selectNone', keys: ['Escape'], run: ({ selection }) => selection.none() },
  }),

  presets: table<PresetTarget>()({
    save: { words: 'preset.save', icon: Plus, run: ({ ask }) => ask('save') },
    delete: { words: 'preset.delete', icon: Trash, enabled: ({ count }) => count > 0, run: ({ ask }) => ask('delete') },
    reset: { words: 'preset.reset', icon: RotateCcw, run: ({ reset }) => reset() },
  }),

  queue: table<QueueDesk>()({
    pause: { words: 'queue.pause', icon: Pause, enabled: ({ activity }) => activity !== 'pausing', run: (desk) => void desk.pause(false) },
    pauseNow: { words: 'queue.pauseNow', icon: OctagonPause, run: (desk) => void desk.pause(true) },
    resume: { words: 'queue.resume', icon: Play, run: (desk) => void desk.resume() },
    retryUnfinished: {
      words: 'queue.retryUnfinished',
      icon: RotateCcw,
      enabled: ({ unfinished }) => unfinished > 0,
      run: (desk) => void desk.retryUnfinished(),
    },
    clearFinished: {
      words: 'queue.clearFinished',
      icon: ListX,
      enabled: ({ finished }) => finished > 0,
      run: (desk) => void desk.clearFinished(),
    },
    reportCsv: { words: 'queue.reportCsv', icon: FileSpreadsheet, run: (desk) => void desk.saveReport('csv') },
    reportJson: { words: 'queue.reportJson', icon: FileJson, run: (desk) => void desk.saveReport('json') },
    cancelAll: { words: 'queue.cancelAll', icon: X, danger: true, enabled: ({ open }) => open > 0, run: (desk) => void desk.cancelAll() },
  }),

  job: table<JobDesk>()({
    copyDetails: {
      words: 'queue.copyDetails',
      icon: Copy,
      enabled: ({ card }) => card.state === 'failed' && card.problem !== null,
      run: (desk) => void desk.copyDetails(),
    },
    retry: {
      words: 'queue.retry',
      icon: RotateCcw,
      enabled: ({ card }) => card.state === 'failed' || card.state === 'cancelled',
      run: (desk) => void desk.retry(),
    },
    showInFolder: {
      words: 'menu.showInFolder',
      icon: FolderOpen,
      enabled: ({ card }) => card.resultId !== null,
      run: (desk) => void desk.showInFolder(),
    },
    compare: { words: 'menu.compare', icon: Columns2, enabled: ({ card }) => card.resultId !== null, run: (desk) => void desk.compare() },
    details: {
      words: 'queue.details',
      icon: Info,
      enabled: ({ card }) => card.report !== null || card.problem !== null || card.reason !== null,
      run: (desk) => desk.showDetails(),
    },
    cancel: { words: 'queue.cancel', icon: X, enabled: ({ isOpen }) => isOpen, run: (desk) => void desk.cancel() },
    clear: { words: 'queue.clear', icon: X, enabled: ({ isOpen }) => !isOpen, run: (desk) => void desk.clear() },
  }),

  compare: compareActions,
} as const;

type Listed = Pick<Action<never>, 'words' | 'keys'>;
const ofPlace: Readonly<Record<Place, readonly Listed[]>> = {
  library: [...Object.values(actions.library), ...Object.values(actions.photos)],
  compare: Object.values(actions.compare),
  queue: [],
  fleet: [],
  models: [],
  settings: [],
  about: [],
  help: [],
};

/** What can be done by key on a page, the page's own first. */
export const heardOn = (place: Place): readonly Listed[] =>
  [...ofPlace[place], ...Object.values(actions.window)].filter(({ keys }) => keys !== undefined);
