/*
 * The drawing: the byte format of strokes, and the square sheet that shows them. The relay does not
 * read the bytes, so the format concerns only the two pages.
 *
 *   BEGIN or CONTINUE, then x and y of each point as unsigned 16-bit numbers (big-endian): 0 is the
 *   left or top edge, 65535 the right or bottom edge, so that a point fits sheets of any size.
 *
 *   CLEAR, alone.
 */
const BEGIN = 1;
const CONTINUE = 2;
const CLEAR = 3;

const EDGE = 65_535;
const POINT_BYTES = 4;

/** The width of the pen, relative to the sheet. */
const PEN = 0.012;

/** `points` are `{x, y}` from 0 to 1. */
function encodeStroke(begins, points) {
  const frame = new DataView(new ArrayBuffer(1 + points.length * POINT_BYTES));
  frame.setUint8(0, begins ? BEGIN : CONTINUE);
  points.forEach(({ x, y }, index) => {
    frame.setUint16(1 + index * POINT_BYTES, x * EDGE);
    frame.setUint16(3 + index * POINT_BYTES, y * EDGE);
  });
  return frame.buffer;
}

/** `undefined` if the bytes are not a stroke: they are untrusted. */
function decodeStroke(bytes) {
  const frame = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isStroke = bytes[0] === BEGIN || bytes[0] === CONTINUE;
  if (!isStroke || bytes.length === 1 || bytes.length % POINT_BYTES !== 1) return undefined;
  const points = [];
  for (let at = 1; at < bytes.length; at += POINT_BYTES) {
    points.push({ x: frame.getUint16(at) / EDGE, y: frame.getUint16(at + 2) / EDGE });
  }
  return { begins: bytes[0] === BEGIN, points };
}

/** A canvas that keeps its lines, so that it can repaint them at another size. */
class Sheet {
  #canvas;
  #pen;
  #lines = [];
  /** The line that each artist is drawing. */
  #current = new Map();

  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d');
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  add(artist, color, { begins, points }) {
    let line = this.#current.get(artist);
    if (begins || !line) {
      line = { color, points: [] };
      this.#lines.push(line);
      this.#current.set(artist, line);
    }
    const drawn = line.points.length;
    line.points.push(...points);
    this.#ink(line, drawn);
  }

  clear() {
    this.#lines = [];
    this.#current.clear();
    this.#pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** One canvas pixel for each pixel of the screen, or lines look blurred on a phone. */
  #fit() {
    const size = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (size === 0 || size === this.#canvas.width) return;
    this.#canvas.width = size; // A new size also wipes the canvas.
    this.#canvas.height = size;
    for (const line of this.#lines) this.#ink(line, 0);
  }

  /** Draws the line's points from number `from` on, joined to the one before. */
  #ink({ color, points }, from) {
    const size = this.#canvas.width;
    const pen = this.#pen;
    pen.strokeStyle = color;
    pen.lineWidth = PEN * size;
    pen.lineCap = 'round';
    pen.lineJoin = 'round';
    const start = points[Math.max(from - 1, 0)];
    pen.beginPath();
    pen.moveTo(start.x * size, start.y * size);
    for (const { x, y } of points.slice(from)) {
      // A line of no length would not be drawn, and a tap should leave a dot.
      pen.lineTo(x * size + 0.01, y * size);
    }
    pen.stroke();
  }
}

/** Calls `draw(begins, points)` for what a finger, a mouse or the arrow keys draw on a canvas. */
function listenToPen(canvas, draw) {
  const toPoint = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    // A captured finger may leave the sheet; its line then follows the edge.
    return { x: clamp((clientX - left) / width), y: clamp((clientY - top) / height) };
  };
  canvas.addEventListener('pointerdown', (event) => {
    // One finger draws; the ball of the hand or a right click does not.
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    draw(true, [toPoint(event)]);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    // A fast finger moves several times per screen frame, and a browser gathers that.
    const moves = event.getCoalescedEvents?.() ?? [];
    draw(false, (moves.length > 0 ? moves : [event]).map(toPoint));
  });
  listenToKeys(canvas, draw);
}

const ARROWS = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Arrow keys draw; with Shift they lift the pen. The spot is shown by CSS at --x and --y. */
function listenToKeys(canvas, draw) {
  let spot = { x: 0.5, y: 0.5 };
  let lifted = true;
  canvas.addEventListener('blur', () => {
    lifted = true;
  });
  canvas.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault(); // The page would scroll.
    const from = spot;
    spot = { x: clamp(spot.x + arrow.x / 50), y: clamp(spot.y + arrow.y / 50) };
    canvas.parentElement.style.setProperty('--x', spot.x);
    canvas.parentElement.style.setProperty('--y', spot.y);
    if (!event.shiftKey) draw(lifted, lifted ? [from, spot] : [spot]);
    lifted = event.shiftKey;
  });
}

function clamp(value) {
  return Math.min(Math.max(value, 0), 1);
}

window.Drawing = { CLEAR, Sheet, decodeStroke, encodeStroke, listenToPen };
