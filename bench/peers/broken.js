import { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';

/*
 * The naive relay with a fault: something goes wrong with one frame in so many. `prove.js` uses it
 * to see that the generator notices.
 *
 *     node bench/peers/broken.js PORT FAULT EVERY
 */

const [fault, every] = [process.argv[3], Number(process.argv[4])];
const { send } = WebSocket.prototype;
let sent = 0;

/** What waits until something else was sent on the same socket. */
const held = new Map();

/** The last socket that was sent to, and the last one before it that is another. */
let last;
let other;

const FAULTS = {
  none: (socket, data, options) => send.call(socket, data, options),
  drop() {},
  double(socket, data, options) {
    send.call(socket, data, options);
    send.call(socket, data, options);
  },
  reorder: (socket, data, options) => held.set(socket, [data, options]),
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
    if (held.has(this)) send.call(this, ...held.get(this));
    held.delete(this);
  }
  if (this !== last) [last, other] = [this, last];
};

await import('./naive.js');
