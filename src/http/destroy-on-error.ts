import type { Socket } from 'node:net';

/**
 * Destroys a socket that Node has detached at its first error: writing to it may fail, and an error
 * without a listener ends the process.
 */
export function destroyOnError(socket: Socket): void {
  socket.on('error', destroyItself);
}

/** One function for all sockets, to save memory. */
function destroyItself(this: Socket): void {
  this.destroy();
}
