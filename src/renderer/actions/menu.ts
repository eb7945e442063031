import type { MenuEntry } from '../design/menu-entry.ts';
import { say } from '../words/words.svelte.ts';
import { isEnabled, type Action } from './action.ts';
import { keyFaces } from './keys.ts';

/** The lines of a menu. */
export const menuOf = <Target>(actions: readonly (Action<Target> | 'separator')[], target: Target): MenuEntry[] =>
  actions.map((action) =>
    action === 'separator'
      ? action
      : {
          label: say(action.words),
          icon: action.icon,
          keys: keyFaces(action).at(0),
          disabled: !isEnabled(action, target),
          danger: action.danger,
          run: () => action.run(target, false),
        },
  );
