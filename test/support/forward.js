import { connect } from 'node:net';

/**
 * Connects a client to the first of these ports on loopback that does not refuse it, as nginx and Caddy
 * do with relays.
 *
 * @param {import('node:net').Socket} socket
 * @param {readonly number[]} ports
 */
export function forward(socket, [port, ...others]) {
  if (port === undefined) {
    socket.destroy();
    return;
  }
  const relay = connect({ port, host: '127.0.0.1', noDelay: true });
  let isConnected = false;
  relay.once('connect', () => {
    isConnected = true;
    socket.pipe(relay).pipe(socket);
  });
  socket.on('error', () => relay.destroy()).on('close', () => relay.destroy());
  relay.on('error', () => {
    if (isConnected) socket.destroy();
    else forward(socket, others);
  });
  relay.on('close', () => {
    if (isConnected) socket.destroy();
  });
}
