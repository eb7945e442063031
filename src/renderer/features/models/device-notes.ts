import type { DeviceReport } from '../../../shared/engine-protocol.ts';

const longest = 160;

/** What a driver says, for people: its first sentence, without the places in its sources. All of it is in the tooltip. */
export function shortNote(note: string): string {
  const [line = ''] = note.split(/\r?\n/);
  const plain = line
    .replaceAll(/\[E:onnxruntime[^\]]*\]\s*/g, '')
    .replaceAll(/\S*[\w.-]+\.(?:cc|cpp|cxx|h|hpp|cu|rs)(?::\d+)?(?:\s+(?:[\w:<>*&~]+\s+)*?[\w:<>~]+\([^)]*\)|\s+[\w:<>~]+)?:?\s*/g, '')
    .replaceAll(/\s{2,}/g, ' ')
    .trim();
  const told = plain === '' ? line.trim() : plain;
  return told.length > longest ? `${told.slice(0, longest).trimEnd()}…` : told;
}

/** Each way to compute once: of reports on the same device that say the same, the first. */
export function eachOnce(reports: readonly DeviceReport[]): DeviceReport[] {
  const seen = new Set<string>();
  return reports.filter(({ label, device, available, model, precision }) => {
    const key = JSON.stringify(available ? [label, device, model, precision] : [label, device]);
    const first = !seen.has(key);
    seen.add(key);
    return first;
  });
}
