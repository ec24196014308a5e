import { COLOURS, MAX_COORDINATE, type Stroke, WIDTHS } from '../ink.js';

const SVG = 'http://www.w3.org/2000/svg';

/** A whole drawing as a picture of any size. */
export function picture(strokes: readonly Stroke[], label: string): SVGElement {
  const svg = element('svg', {
    viewBox: `0 0 ${MAX_COORDINATE} ${MAX_COORDINATE}`,
    class: 'picture',
    role: 'img',
    'aria-label': label,
  });
  svg.append(
    element('rect', { width: MAX_COORDINATE, height: MAX_COORDINATE, class: 'picture-sheet' }),
    ...strokes.map((stroke) =>
      element('path', {
        d: curve(stroke.points),
        stroke: COLOURS[stroke.colour]?.css ?? '',
        'stroke-width': (WIDTHS[stroke.width]?.share ?? 0) * MAX_COORDINATE,
      }),
    ),
  );
  return svg;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const created = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  return created;
}

/** Curves through the midpoints between the points, as on the sheet. */
function curve(points: readonly number[]): string {
  const [x = 0, y = 0] = points;
  let path = `M${x} ${y}`;
  for (let at = 2; at + 3 < points.length; at += 2) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points.slice(at, at + 4);
    path += `Q${x1} ${y1} ${Math.round((x1 + x2) / 2)} ${Math.round((y1 + y2) / 2)}`;
  }
  // A line from a point to itself is a dot, because its ends are round.
  return `${path}L${points.at(-2)} ${points.at(-1)}`;
}
