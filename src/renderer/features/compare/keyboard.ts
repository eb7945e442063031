const movingKeys = /^(Arrow|Page|Home|End)/;

/**
 * Whether a key press belongs to the element that has the focus rather than to the page: text that is typed, the keys that move a
 * slider or a choice, the ones that press a button, and everything in an open dialog.
 */
export function belongsToElement({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog[open], [role="menu"]') !== null) return true;
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement || target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === 'radio' || target.type === 'range') return movingKeys.test(key) || key === ' ';
    return target.type !== 'checkbox' || key === ' ';
  }
  return target.closest('button, a[href]') !== null && (key === ' ' || key === 'Enter');
}
