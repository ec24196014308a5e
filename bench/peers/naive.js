import { createServer } from 'node:http';
import { Encoder } from 'cbor-x';
import { WebSocketServer } from 'ws';

/*
 * The relay that one would write first, on the same wire: every message is decoded, encoded and
 * sent by itself. What ratios are quoted against.
 *
 *     node bench/peers/naive.js PORT
 *
 * Players' bytes always reach the host as a CBOR byte string, which is what comes of handing a
 * Buffer to the encoder, and the fastest it can do.
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
  tellState(room);
  socket.on('message', (frame) => {
    const command = cbor.decode(frame);
    switch (command.cmd) {
      case 'prepare':
        room.code = freeCode();
        room.name = command.name;
        room.max = command.max_players;
        rooms.set(room.code, room);
        tellState(room);
        tell(room, { cmd: 'prepare_reply', key: room.code });
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
  tell(room, { cmd: 'player_joined', player: id });
  tellState(room);
  socket.on('message', (data, binary) => {
    if (binary) tell(room, { cmd: 'from', from: id, data });
    else tell(room, { cmd: 'from_str', from: id, data: data.toString() });
  });
  socket.on('close', () => {
    room.players.delete(id);
    tell(room, { cmd: 'player_left', player: id });
    tellState(room);
  });
}

function deliver(room, to, data, binary) {
  const ids = to.length === 0 ? room.players.keys() : to;
  for (const id of ids) room.players.get(id)?.send(data, { binary });
}

function tellState(room) {
  tell(room, {
    cmd: 'state',
    name: room.name,
    players: [...room.players.keys()],
    max_players: room.max,
    accept_conns: room.players.size < room.max,
  });
}

function tell(room, event) {
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
