// A tiny UDP game server: it lets in players with a valid connect token, and answers each datagram.
import { createSocket } from 'node:dgram';
import { openRequest, REQUEST_BYTES } from './netcode.js';

const { LAUNCH_PORT, LAUNCH_TOKEN, LAUNCH_READY_URL, LAUNCH_PLAYERS_URL } = process.env;
const port = Number(LAUNCH_PORT);
const game = {
  key: Buffer.from(process.env.LIGHTYEAR_PRIVATE_KEY.split(',').map(Number)),
  protocolId: 80085n,
  port,
};

/** Players by address. */
const players = new Map();
/** Tokens that were used, with the address of their player: each lets in one player. */
const used = new Map();

const socket = createSocket('udp4');
socket.on('message', (packet, { address, port: from }) => {
  const sender = `${address}:${from}`;
  const reply = (text) => socket.send(text, from, address);
  if (packet.length === REQUEST_BYTES) return admit(packet, sender, reply);
  const player = players.get(sender);
  // Strangers get no answer, so nobody can make this server send to somebody else.
  if (player === undefined) return;
  player.lastPacket = Date.now();
  if (packet.toString() === 'bye') leave(sender, player);
  else reply(`pong ${packet.toString().slice(0, 100)}`);
});
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.bind(port, () => report('POST', LAUNCH_READY_URL));
setInterval(forget, 1000);

function admit(packet, sender, reply) {
  const token = openRequest(packet, game);
  if (token === undefined || (used.get(token.id)?.sender ?? sender) !== sender) return;
  const { id, client, timeout, expires } = token;
  // A request may be lost or arrive twice, so players send it until they get an answer.
  if (!used.has(id)) {
    used.set(id, { sender, expires });
    players.set(sender, { client, timeout, lastPacket: Date.now() });
    // Otherwise the relay gives the seat to somebody else after `claimTime`.
    report('PUT', `${LAUNCH_PLAYERS_URL}/${client}`);
    console.log(`player ${client} has connected`);
  }
  reply(`welcome ${client}`);
}

function leave(sender, { client }) {
  players.delete(sender);
  report('DELETE', `${LAUNCH_PLAYERS_URL}/${client}`);
}

/** Players who are silent have left, and expired tokens are refused anyway. */
function forget() {
  const now = Date.now();
  for (const [sender, player] of players) {
    if (now - player.lastPacket > player.timeout * 1000) leave(sender, player);
  }
  for (const [id, { expires }] of used) if (expires <= now) used.delete(id);
}

function report(method, url) {
  const failed = (why) => console.error(`${method} ${url}: ${why}`);
  fetch(url, { method, headers: { authorization: `Bearer ${LAUNCH_TOKEN}` } }).then(
    ({ ok, status }) => ok || failed(status),
    ({ message }) => failed(message),
  );
}
