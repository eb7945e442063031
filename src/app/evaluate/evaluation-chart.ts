import { basename } from 'node:path';
import { meansOf, valueOf, type MeasuredPair, type Mean, type Metric } from '../../shared/evaluation.ts';

const size = { names: 240, panel: 190, row: 20, head: 76, foot: 16, plot: 120 } as const;
const longestName = 34;
/** Two colours of Okabe and Ito, told apart with every kind of colour vision, and here by their shape as well. */
const colours = { value: '#0072b2', mean: '#d55e00', text: '#1a1a1a', line: '#d9d9d9' } as const;

/** A dot for each result and metric, its number beside it, and a broken line at the mean; each metric has a scale of its own. SVG. */
export function evaluationChart(measured: readonly MeasuredPair[]): string {
  const means = meansOf(measured);
  const [width, height] = [size.names + means.length * size.panel, size.head + measured.length * size.row + size.foot];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12">`,
    `<title id="title">What was measured of ${measured.length} results</title>`,
    `<desc id="desc">${escaped(means.map(meanInWords).join('; '))}</desc>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...measured.map((pair, row) => text(8, rowCentre(row), shortened(basename(pair.result)))),
    ...measured.map((_, row) => line(0, width, size.head + row * size.row)),
    ...means.flatMap((mean, column) => panel(mean, measured, size.names + column * size.panel)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function panel({ metric, value: mean }: Mean, measured: readonly MeasuredPair[], left: number): string[] {
  const values = measured.map((pair) => valueOf(pair, metric));
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (value: number): number => left + 8 + (high === low ? size.plot / 2 : ((value - low) / (high - low)) * size.plot);
  const [top, bottom] = [size.head, size.head + measured.length * size.row];
  const unit = metric.unit === '' ? '' : `, ${metric.unit}`;
  return [
    text(left, 20, `${metric.label}${unit}`, 'font-weight="bold"'),
    text(left, 38, `${metric.better} is better`),
    text(left, 56, `mean ${mean.toFixed(metric.digits)} (broken line)`),
    `<path d="M${rounded(x(mean))} ${top}V${bottom}" stroke="${colours.mean}" stroke-width="1.5" stroke-dasharray="5 3"/>`,
    ...values.flatMap((value, row) =>
      value === null
        ? [text(left + 8, rowCentre(row), '–')]
        : [
            `<circle cx="${rounded(x(value))}" cy="${rowCentre(row)}" r="4" fill="${colours.value}"/>`,
            text(left + size.plot + 20, rowCentre(row), value.toFixed(metric.digits)),
          ],
    ),
  ];
}

const meanInWords = ({ metric, value, count }: { metric: Metric; value: number; count: number }): string =>
  `${metric.label}: mean ${value.toFixed(metric.digits)} ${metric.unit} of ${count}, ${metric.better} is better`;

const rowCentre = (row: number): number => size.head + (row + 0.5) * size.row;
const rounded = (value: number): string => value.toFixed(1);

const text = (x: number, y: number, words: string, more = `fill="${colours.text}"`): string =>
  `<text x="${x}" y="${y}" dominant-baseline="central" ${more}>${escaped(words)}</text>`;

const line = (from: number, to: number, y: number): string => `<path d="M${from} ${y}H${to}" stroke="${colours.line}"/>`;

/** The end of a name tells results apart. */
function shortened(name: string): string {
  const letters = Array.from(name);
  return letters.length <= longestName ? name : `…${letters.slice(1 - longestName).join('')}`;
}

/** What XML 1.0 allows as text. */
const escaped = (words: string): string =>
  words
    // eslint-disable-next-line no-control-regex -- control characters are what is to be found
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
