/*
 * A phone in a separate process, so that it can be stopped like a phone with a locked screen:
 * the kernel still acknowledges packets, but nothing reads or answers.
 */
import { once } from 'node:events';
import process from 'node:process';
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? '', { localAddress: process.argv[3] ?? '' });
socket.on('error', () => {});
socket.on('close', (code) => process.send?.({ closed: code }));
process.on('disconnect', () => process.exit());
await once(socket, 'open');
// Sends a message regularly, also at the moment when it wakes.
setInterval(() => socket.send('still here'), 20);
process.send?.({ open: true });
