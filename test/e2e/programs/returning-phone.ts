/*
 * A phone in a separate process, so that it can be stopped like a phone with a locked screen. Like a game,
 * it reconnects to the same seat whenever its connection is lost.
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
