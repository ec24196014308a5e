/*
 * A phone in a process of its own, so that it can be stopped as a phone is whose screen is locked:
 * the kernel goes on acknowledging, and nobody reads or answers.
 */
import { once } from 'node:events';
import process from 'node:process';
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? '', { localAddress: process.argv[3] ?? '' });
socket.on('error', () => {});
socket.on('close', (code) => process.send?.({ closed: code }));
process.on('disconnect', () => process.exit());
await once(socket, 'open');
// Says something now and then, also in the moment when it is woken.
setInterval(() => socket.send('still here'), 20);
process.send?.({ open: true });
