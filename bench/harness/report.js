import { median } from './measure.js';

/** Above this share of its core, the generator may have been the bottleneck. */
const BUSY = 0.85;

/**
 * The figures of all scenarios as a Markdown table, ratios first.
 *
 * @param {object[]} results one per scenario: `{ name, title, figures, rounds: [{ [server]: run }] }`
 * @param {string[]} servers the first one is compared with the others
 */
export function markdown(results, [own, ...others]) {
  const head = [
    'scenario',
    ...others.map((name) => `× ${name}`),
    own,
    ...others,
    `busy: ${own}, generator`,
  ];
  const rows = results.flatMap((result) => rowsOf(result, own, others));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  );
}

function rowsOf({ name, title, figures, rounds }, own, others) {
  return figures.map(({ figure, what, unit, better }, i) => {
    const values = (server) => valuesOf(rounds, server, figure);
    const label = what === '' ? title : `${title}: ${what}${better === 'less' ? ' ↓' : ''}`;
    const cell = (server) =>
      values(server).length === 0 ? '' : format(median(values(server)), unit);
    return [
      `\`${name}\` ${label}`,
      ...others.map((server) => ratioCell(rounds, figure, own, server)),
      cell(own),
      ...others.map(cell),
      i === 0 ? busyCell(rounds, own) : '',
    ];
  });
}

/** The ratio of the medians, and the range of ratios in single rounds. */
function ratioCell(rounds, figure, own, other) {
  const ratio = ratioOf(rounds, figure, own, other);
  if (ratio === undefined) return '';
  const single = rounds
    .map((round) => round[own]?.[figure] / round[other]?.[figure])
    .filter((value) => Number.isFinite(value))
    .map((value) => value.toFixed(2));
  single.sort((a, b) => a - b);
  const range = single.length < 2 ? '' : ` (${single[0]}–${single.at(-1)})`;
  return `**${ratio.toFixed(2)}**${range}`;
}

export function ratioOf(rounds, figure, own, other) {
  const [a, b] = [valuesOf(rounds, own, figure), valuesOf(rounds, other, figure)];
  return a.length === 0 || b.length === 0 ? undefined : median(a) / median(b);
}

function busyCell(rounds, own) {
  const server = valuesOf(rounds, own, 'serverShare');
  const generator = valuesOf(rounds, own, 'generatorShare');
  if (generator.length === 0) return '';
  const share = median(generator);
  const relay = server.length === 0 ? '?' : percent(median(server));
  return `${relay}, ${percent(share)}${share > BUSY ? ' ⚠' : ''}`;
}

/** Whether the generator may have been the bottleneck in any run. */
export function generatorWasBusy(results) {
  return results.some(({ rounds }) =>
    rounds.some((round) => Object.values(round).some((run) => run.generatorShare > BUSY)),
  );
}

export function valuesOf(rounds, server, figure) {
  return rounds
    .map((round) => round[server]?.[figure])
    .filter((value) => typeof value === 'number' && Number.isFinite(value));
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

function format(value, unit) {
  switch (unit) {
    case 'rate':
      return value < 9950 ? `${(value / 1000).toFixed(1)}k/s` : `${Math.round(value / 1000)}k/s`;
    case 'MB':
      return `${Math.round(value / 1e6)} MB`;
    case 'KiB':
      return `${(value / 1024).toFixed(1)} KiB`;
    default:
      return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  }
}
