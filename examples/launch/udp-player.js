// A player of the UDP server: node examples/launch/udp-player.js [http://127.0.0.1:8081]
import { createSocket } from 'node:dgram';
import { play } from 'lobby-relay/client';
import { connectionRequest } from './netcode.js';

const relay = process.argv[2] ?? 'http://127.0.0.1:8081';
const { ip, port, token } = await play(relay, 'ping', {
  onProgress: ({ status, elapsed }) => console.log(`${status} (${elapsed} s)`),
});
console.log(`The server is at ${ip}:${port}.`);

const socket = createSocket('udp4');
const send = (packet) => socket.send(packet, port, ip);
const knock = () => send(connectionRequest(token));
// Datagrams get lost.
const knocking = setInterval(knock, 200);
const tooLate = setTimeout(() => {
  console.error('The server does not answer.');
  process.exit(1);
}, 10_000);

socket.on('message', (packet) => {
  const text = packet.toString();
  if (text.startsWith('welcome')) {
    clearInterval(knocking);
    send('hello');
  } else {
    clearTimeout(tooLate);
    send('bye');
    socket.unref();
  }
  console.log(text);
});
knock();
