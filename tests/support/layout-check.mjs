/**
 * What of the interface's words and controls cannot be seen as it should be, to be evaluated in a page: text that is cut off, controls that
 * reach out of the window or lie under others. The names of files and folders may be cut where the whole is in a tooltip.
 * An expression, so that it runs in a page as it stands; its value is a list of complaints.
 */
export const layoutTroubles = `(() => {
  const top = document.querySelector('dialog[open]') ?? document.body;
  const controls = 'button, select, input, a[href], summary, [role="menuitem"]';
  const words = 'button, summary, label, legend, th, td, dt, dd, h1, h2, h3, output, input[inputmode], .facts > span, [role="menuitem"]';
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.closest('.unseen') === null;
  const named = (element) => {
    const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replaceAll(/\\s+/g, ' ').slice(0, 40);
    return element.tagName.toLowerCase() + ' "' + text + '"';
  };
  const scrolls = (element) => {
    for (let around = element.parentElement; around !== null; around = around.parentElement)
      if (/auto|scroll/.test(getComputedStyle(around).overflowX + getComputedStyle(around).overflowY)) return around;
    return null;
  };
  const shortened = (element) => element.closest('[title]') !== null;
  const complaints = [];
  for (const element of top.querySelectorAll(words)) {
    if (!seen(element) || getComputedStyle(element).display === 'inline' || shortened(element)) continue;
    const cut = element.scrollWidth - element.clientWidth;
    if (cut > 1) complaints.push(named(element) + ' is cut by ' + cut + ' px');
  }
  for (const element of top.querySelectorAll(controls)) {
    if (!seen(element) || element.classList.contains('unseen')) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const around = scrolls(element);
    const room = around?.getBoundingClientRect() ?? { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    if (around === null && (box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1)) {
      complaints.push(named(element) + ' reaches out of the window');
      continue;
    }
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    // Out of what is scrolled, or at its very edge, or out of the window.
    if (x < room.left || x > room.right || y < room.top + 2 || y > room.bottom - 2 || x > innerWidth || y > innerHeight) continue;
    for (const across of [0.1, 0.5, 0.9]) {
      const at = box.left + (box.right - box.left) * across;
      const hit = at < room.left || at > room.right ? null : document.elementFromPoint(at, y);
      const same = hit === null || hit === element || element.contains(hit) || hit.contains(element) || hit.closest('label')?.contains(element);
      // What shows itself only when it is pointed at covers nothing.
      if (same || !seen(hit) || hit.closest('.toasts, .menu, .over') !== null) continue;
      complaints.push(named(element) + ' lies under ' + named(hit));
      break;
    }
  }
  return complaints;
})()`;
