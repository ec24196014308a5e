import { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';

/*
 * The naive relay with one fault in EVERY frames. `prove.js` uses it to test that the generator
 * detects faults.
 *
 * node bench/peers/broken.js PORT FAULT EVERY
 */

const [fault, every] = [process.argv[3], Number(process.argv[4])];
const { send } = WebSocket.prototype;
let sent = 0;

/** A frame that is sent after the next one on the same socket. */
const delayed = new Map();

/** The socket that was used last, and the last other one before it. */
let last;
let other;

const FAULTS = {
  none: (socket, data, options) => send.call(socket, data, options),
  drop() {},
  double(socket, data, options) {
    send.call(socket, data, options);
    send.call(socket, data, options);
  },
  reorder: (socket, data, options) => delayed.set(socket, [data, options]),
  /** One bit of the last byte. */
  alter(socket, data, options) {
    const bytes = Buffer.from(data);
    bytes[bytes.length - 1] ^= 1;
    send.call(socket, bytes, { binary: typeof data !== 'string', ...options });
  },
  /** One byte less. */
  shorten(socket, data, options) {
    const bytes = Buffer.from(data).subarray(0, -1);
    send.call(socket, bytes, { binary: typeof data !== 'string', ...options });
  },
  misroute(socket, data, options) {
    send.call(socket === last ? other : last, data, options);
  },
  close: (socket) => socket.close(1011, 'broken'),
};

WebSocket.prototype.send = function (data, options) {
  if (++sent % every === 0) {
    FAULTS[fault](this, data, options);
  } else {
    send.call(this, data, options);
    if (delayed.has(this)) send.call(this, ...delayed.get(this));
    delayed.delete(this);
  }
  if (this !== last) [last, other] = [this, last];
};

await import('./naive.js');
