import type { Attachment } from 'svelte/attachments';

/** What a page is about takes the keyboard when nothing else has it: where a page was left, the focus is found again. */
export const welcoming: Attachment<HTMLElement> = (element) => {
  if (document.activeElement === document.body) element.focus({ preventScroll: true });
};
