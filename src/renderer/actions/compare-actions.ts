import ArrowLeft from '@lucide/svelte/icons/arrow-left';
import ChevronLeft from '@lucide/svelte/icons/chevron-left';
import ChevronRight from '@lucide/svelte/icons/chevron-right';
import Copy from '@lucide/svelte/icons/copy';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import Gauge from '@lucide/svelte/icons/gauge';
import Grid3x3 from '@lucide/svelte/icons/grid-3x3';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import Minus from '@lucide/svelte/icons/minus';
import Plus from '@lucide/svelte/icons/plus';
import ScanFace from '@lucide/svelte/icons/scan-face';
import Search from '@lucide/svelte/icons/search';
import Sparkles from '@lucide/svelte/icons/sparkles';
import SquareDashed from '@lucide/svelte/icons/square-dashed';
import type { CompareDesk } from '../features/compare/compare-desk.svelte.ts';
import { table } from './action.ts';

/** What can be done where photos are compared. */
export const compareActions = table<CompareDesk>()({
  fit: {
    words: 'compare.action.fit',
    keys: ['0'],
    on: ({ looking }) => looking.view.scale === null,
    run: ({ looking }) => looking.fit(),
  },
  'scale-1': { words: 'compare.action.scale-1', keys: ['1'], on: (desk) => desk.isAt(1), run: ({ looking }) => looking.zoomTo(1) },
  'scale-2': { words: 'compare.action.scale-2', keys: ['2'], on: (desk) => desk.isAt(2), run: ({ looking }) => looking.zoomTo(2) },
  'scale-8': { words: 'compare.action.scale-8', keys: ['8'], on: (desk) => desk.isAt(8), run: ({ looking }) => looking.zoomTo(8) },
  'zoom-in': { words: 'compare.action.zoom-in', icon: Plus, keys: ['+', '='], run: ({ looking }) => looking.zoomStep('in') },
  'zoom-out': { words: 'compare.action.zoom-out', icon: Minus, keys: ['-', '_'], run: ({ looking }) => looking.zoomStep('out') },
  'pan-left': { words: 'compare.action.pan-left', keys: ['ArrowLeft'], run: (desk, shift) => desk.pan(1, 0, shift) },
  'pan-right': { words: 'compare.action.pan-right', keys: ['ArrowRight'], run: (desk, shift) => desk.pan(-1, 0, shift) },
  'pan-up': { words: 'compare.action.pan-up', keys: ['ArrowUp'], run: (desk, shift) => desk.pan(0, 1, shift) },
  'pan-down': { words: 'compare.action.pan-down', keys: ['ArrowDown'], run: (desk, shift) => desk.pan(0, -1, shift) },
  mode: { words: 'compare.action.mode', keys: ['m'], enabled: ({ variants }) => variants === null, run: (desk) => desk.changeMode() },
  'hold-before': {
    words: 'compare.action.hold-before',
    keys: [' '],
    run: ({ looking }) => (looking.holdsBefore = true),
    release: ({ looking }) => (looking.holdsBefore = false),
  },
  flip: { words: 'compare.action.flip', keys: ['b'], run: (desk) => desk.flip() },
  previous: { words: 'compare.action.previous', icon: ChevronLeft, keys: ['[', 'PageUp'], run: (desk) => void desk.step(-1) },
  next: { words: 'compare.action.next', icon: ChevronRight, keys: [']', 'PageDown'], run: (desk) => void desk.step(1) },
  loupe: {
    words: 'compare.action.loupe',
    icon: Search,
    keys: ['l'],
    enabled: ({ variants }) => variants === null,
    on: ({ comparison }) => comparison.loupe,
    run: ({ comparison }) => (comparison.loupe = !comparison.loupe),
  },
  enlarged: {
    words: 'compare.action.enlarged',
    icon: Grid3x3,
    keys: ['n'],
    on: ({ comparison }) => comparison.enlarged === 'squares',
    run: ({ comparison }) => (comparison.enlarged = comparison.enlarged === 'smooth' ? 'squares' : 'smooth'),
  },
  region: {
    words: 'compare.action.region',
    icon: SquareDashed,
    keys: ['r'],
    on: ({ preview }) => preview.state.kind !== 'none',
    run: (desk) => desk.drawRegion(),
  },
  models: {
    words: 'compare.action.models',
    icon: LayoutGrid,
    keys: ['g'],
    on: ({ variants }) => variants !== null,
    run: (desk) => void desk.toggleVariants(),
  },
  improvement: {
    words: 'compare.action.improvement',
    icon: Gauge,
    keys: ['e'],
    enabled: ({ variants }) => variants === null,
    on: ({ improvement }) => improvement.open,
    run: ({ improvement }) => improvement.toggle(),
  },
  faces: {
    words: 'compare.action.faces',
    icon: ScanFace,
    keys: ['f'],
    enabled: ({ faces, variants }) => variants === null && faces.faces.length > 0,
    on: ({ faces }) => faces.open,
    run: (desk) => desk.toggleFaces(),
  },
  drift: {
    words: 'compare.action.drift',
    keys: ['d'],
    enabled: ({ enhancement }) => enhancement !== null,
    run: ({ improvement }) => (improvement.drift = !improvement.drift),
  },
  enhance: {
    words: 'menu.enhance',
    icon: Sparkles,
    keys: ['Mod+Enter'],
    enabled: ({ enhancement }) => enhancement === null,
    run: (desk) => void desk.enhanceWhole(),
  },
  showInFolder: { words: 'menu.showInFolder', icon: FolderOpen, run: (desk) => void desk.showInFolder() },
  copyResult: {
    words: 'menu.copyResult',
    icon: Copy,
    keys: ['Mod+c'],
    enabled: ({ enhancement }) => enhancement !== null,
    run: (desk) => void desk.copyResult(),
  },
  back: { words: 'compare.action.back', icon: ArrowLeft, keys: ['Escape'], run: (desk) => desk.back() },
});
