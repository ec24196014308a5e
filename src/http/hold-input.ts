import type { Socket } from 'node:net';

/**
 * Stops reading a socket whose request has just been emitted as an upgrade: what this process reads
 * would be lost if the socket is handed over to another one. To be called before anything else happens,
 * while `spreadRequests` has the socket not read on.
 *
 * A stream calls its own `_read` when it wants more, as Node documents for implementers of streams. It
 * is replaced here, because a paused socket is still read until its buffer is full.
 */
export function holdInput(socket: Socket): void {
  socket._read = doNothing;
}

/** Reads on, because the socket stays here. */
export function readOn(socket: Socket): void {
  delete (socket as { _read?: Socket['_read'] })._read;
  if (!socket.destroyed) socket._read(0);
}

function doNothing(): void {}
