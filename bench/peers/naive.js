import { createServer } from 'node:http';
import { Encoder } from 'cbor-x';
import { WebSocketServer } from 'ws';

/*
 * A straightforward relay for the same protocol, which decodes, encodes and sends each message
 * separately. Ratios compare lobby-relay with this relay.
 *
 * node bench/peers/naive.js PORT
 *
 * Players' bytes always reach the host as a CBOR byte string, because that is what the encoder
 * makes of a Buffer, and its fastest way.
 */

const cbor = new Encoder({ useRecords: false, variableMapSize: true });
const rooms = new Map();

const server = createServer((_request, response) => response.end('ok\n'));
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 4 << 20 });

sockets.on('connection', (socket, request) => {
  socket.on('error', () => {});
  const path = request.url.slice(1).split('?')[0];
  const room = rooms.get(path);
  if (path === 'CREATE') serveHost(socket);
  else if (room !== undefined) servePlayer(socket, room);
  else socket.close(4004, 'no such room');
});

function serveHost(socket) {
  const room = { socket, code: undefined, name: '', max: 0, players: new Map(), lastId: 0 };
  sendState(room);
  socket.on('message', (frame) => {
    const command = cbor.decode(frame);
    switch (command.cmd) {
      case 'prepare':
        room.code = freeCode();
        room.name = command.name;
        room.max = command.max_players;
        rooms.set(room.code, room);
        sendState(room);
        send(room, { cmd: 'prepare_reply', key: room.code });
        break;
      case 'to':
        deliver(room, command.to, Buffer.from(command.data), true);
        break;
      case 'to_str':
        deliver(room, command.to, command.data, false);
        break;
    }
  });
  socket.on('close', () => {
    rooms.delete(room.code);
    for (const player of room.players.values()) player.close(4010, 'host gone');
  });
}

function servePlayer(socket, room) {
  const id = ++room.lastId;
  room.players.set(id, socket);
  send(room, { cmd: 'player_joined', player: id });
  sendState(room);
  socket.on('message', (data, binary) => {
    if (binary) send(room, { cmd: 'from', from: id, data });
    else send(room, { cmd: 'from_str', from: id, data: data.toString() });
  });
  socket.on('close', () => {
    room.players.delete(id);
    send(room, { cmd: 'player_left', player: id });
    sendState(room);
  });
}

function deliver(room, to, data, binary) {
  const ids = to.length === 0 ? room.players.keys() : to;
  for (const id of ids) room.players.get(id)?.send(data, { binary });
}

function sendState(room) {
  send(room, {
    cmd: 'state',
    name: room.name,
    players: [...room.players.keys()],
    max_players: room.max,
    accept_conns: room.players.size < room.max,
  });
}

function send(room, event) {
  room.socket.send(cbor.encode(event));
}

function freeCode() {
  for (;;) {
    const letters = Array.from({ length: 4 }, () => 65 + Math.floor(Math.random() * 26));
    const code = String.fromCharCode(...letters);
    if (!rooms.has(code)) return code;
  }
}

server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
