/*
 * A phone in a process of its own, so that it can be stopped as one is whose screen is locked. It
 * does what a game would: whenever its connection is gone, it makes another one to the same seat.
 */
import process from 'node:process';
import { WebSocket } from 'ws';

function connect(): void {
  const socket = new WebSocket(process.argv[2] ?? '');
  socket.on('error', () => {});
  socket.on('open', () => process.send?.({ open: true }));
  socket.on('message', (data) => process.send?.({ text: String(data) }));
  socket.on('close', (code) => {
    process.send?.({ closed: code });
    connect();
  });
}

process.on('disconnect', () => process.exit());
connect();
