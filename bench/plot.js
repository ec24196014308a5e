/*
 * SVG plots without a library: panels one below the other with a common x axis. The colours follow
 * the viewer's light or dark mode.
 */

const WIDTH = 760;
const LEFT = 72;
const RIGHT = 24;
const TOP = 88;
const PANEL = 190;
const GAP = 62;
const BOTTOM = 60;

const STYLE = `
  svg { color-scheme: light dark; font: 13px system-ui, sans-serif; --ink: #1f2328; --soft: #59636e;
    --line: #d1d9e0; --s0: #0969da; --s1: #bc4c00; --s2: #1a7f37; --page: #ffffff; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --s0: #58a6ff; --s1: #f0883e;
      --s2: #3fb950; --page: #0d1117; }
  }
  .page { fill: var(--page); }
  text { fill: var(--soft); }
  .title { fill: var(--ink); font-size: 16px; font-weight: 600; }
  .label { fill: var(--ink); font-weight: 600; }
  .grid { stroke: var(--line); }
  .mark { stroke: var(--soft); stroke-dasharray: 5 4; }
  .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
  .d0 { fill: var(--s0); } .d1 { fill: var(--s1); } .d2 { fill: var(--s2); }
`;

/**
 * @typedef {object} Axis
 * @property {string} label with its unit
 * @property {boolean} [log]
 * @property {number[]} [ticks] the labelled values; round numbers by default
 * @property {(value: number) => string} [format]
 *
 * @typedef {Axis & {
 *   series: { name: string, points: [number, number][] }[],
 *   marks?: { at: number, label: string }[],
 * }} Panel marks are reference values, drawn as horizontal lines
 */

/**
 * @param {{ title: string, note: string, x: Axis, panels: Panel[] }} plot
 * @returns {string} the SVG
 */
export function plot({ title, note, x, panels }) {
  const height = TOP + panels.length * PANEL + (panels.length - 1) * GAP + BOTTOM;
  const across = scale(x, xValues(panels), LEFT, WIDTH - RIGHT);
  const drawn = panels.map((panel, i) => drawPanel(panel, x, across, TOP + i * (PANEL + GAP)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>
${text(16, 26, title, 'title')}
${text(16, 44, note, 'note')}
${drawn.join('\n')}
${text((LEFT + WIDTH - RIGHT) / 2, height - 14, x.label, 'label', 'middle')}
</svg>
`;
}

function drawPanel(panel, x, across, top) {
  const bottom = top + PANEL;
  const values = panel.series.flatMap(({ points }) => points.map(([, y]) => y));
  const marks = panel.marks ?? [];
  const up = scale(panel, [...values, ...marks.map(({ at }) => at)], bottom, top);
  const parts = [];
  for (const tick of up.ticks) {
    const y = up.at(tick);
    parts.push(line(LEFT, y, WIDTH - RIGHT, y, 'grid'));
    parts.push(text(LEFT - 8, y + 4, (panel.format ?? short)(tick), 'tick', 'end'));
  }
  for (const tick of across.ticks) {
    parts.push(line(across.at(tick), bottom, across.at(tick), bottom + 5, 'grid'));
    parts.push(text(across.at(tick), bottom + 19, (x.format ?? short)(tick), 'tick', 'middle'));
  }
  for (const { at, label } of marks) {
    parts.push(line(LEFT, up.at(at), WIDTH - RIGHT, up.at(at), 'mark'));
    parts.push(text(LEFT + 6, up.at(at) - 5, label, 'tick'));
  }
  panel.series.forEach(({ points }, i) => {
    const places = points.map(([px, py]) => `${round(across.at(px))},${round(up.at(py))}`);
    parts.push(`<polyline class="curve s${i}" points="${places.join(' ')}"/>`);
    for (const place of places) {
      const [cx, cy] = place.split(',');
      parts.push(`<circle class="d${i}" cx="${cx}" cy="${cy}" r="3.5"/>`);
    }
  });
  parts.push(text(LEFT, top - 12, panel.label, 'label'));
  parts.push(legend(panel.series, top - 12));
  return parts.join('\n');
}

/** On the right, above the panel, if there is more than one. */
function legend(series, y) {
  if (series.length < 2) return '';
  let right = WIDTH - RIGHT;
  const parts = [];
  for (let i = series.length - 1; i >= 0; i--) {
    const { name } = series[i];
    parts.push(text(right, y, name, 'tick', 'end'));
    // An estimate of the text's width.
    right -= name.length * 7.2 + 14;
    parts.push(`<circle class="d${i}" cx="${right}" cy="${y - 4}" r="4"/>`);
    right -= 18;
  }
  return parts.join('\n');
}

/** A scale between two ends, and its ticks. */
function scale({ log = false, ticks }, values, start, end) {
  const marked = ticks ?? (log ? logTicks(values) : linearTicks(values));
  const all = [...values, ...marked];
  const place = log ? Math.log10 : (value) => value;
  const [low, high] = [place(Math.min(...all)), place(Math.max(...all))];
  const at = (value) => start + ((place(value) - low) / (high - low || 1)) * (end - start);
  return { ticks: marked, at };
}

function logTicks(values) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  const steps = high - low > 2 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = low; power <= high; power++) {
    for (const step of steps) ticks.push(step * 10 ** power);
  }
  // At most one step of space at each end.
  while (ticks.length > 2 && ticks[1] <= Math.min(...values)) ticks.shift();
  while (ticks.length > 2 && ticks.at(-2) >= Math.max(...values)) ticks.pop();
  return ticks;
}

function linearTicks(values) {
  const high = Math.max(...values, 0) || 1;
  const rough = high / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, i) => i * step);
}

function short(value) {
  if (value >= 1e6) return `${round(value / 1e6)}M`;
  if (value >= 1e4) return `${round(value / 1e3)}k`;
  return value.toLocaleString('en', { maximumFractionDigits: 3 });
}

function xValues(panels) {
  return panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)));
}

function line(x1, y1, x2, y2, kind) {
  const [a, b, c, d] = [x1, y1, x2, y2].map(round);
  return `<line class="${kind}" x1="${a}" y1="${b}" x2="${c}" y2="${d}"/>`;
}

function text(x, y, content, kind, anchor = 'start') {
  const at = `x="${round(x)}" y="${round(y)}"`;
  return `<text class="${kind}" ${at} text-anchor="${anchor}">${escaped(content)}</text>`;
}

function round(value) {
  return Math.round(value * 100) / 100;
}

function escaped(content) {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
