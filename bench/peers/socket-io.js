import { createServer } from 'node:http';
import { Server } from 'socket.io';

/*
 * The same relay with Socket.IO: its rooms, its events, JSON, WebSocket only.
 *
 *     node bench/peers/socket-io.js PORT
 *
 * Host: `create` → `key` code; `b` data → everybody; `t` id, data → one player.
 * Player: `join` code → the host gets `joined` id; `m` data → the host gets `m` id, data.
 */

const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });
const rooms = new Map();
let lastRoom = 0;

io.on('connection', (socket) => {
  socket.once('create', () => serveHost(socket));
  socket.once('join', (code) => servePlayer(socket, rooms.get(code)));
});

function serveHost(socket) {
  const room = { code: `R${++lastRoom}`, socket, players: new Map() };
  rooms.set(room.code, room);
  socket.on('b', (data) => io.to(room.code).emit('b', data));
  socket.on('t', (id, data) => room.players.get(id)?.emit('t', data));
  socket.on('disconnect', () => {
    rooms.delete(room.code);
    for (const player of room.players.values()) player.disconnect(true);
  });
  socket.emit('key', room.code);
}

function servePlayer(socket, room) {
  if (room === undefined) return socket.disconnect(true);
  const id = room.players.size + 1;
  room.players.set(id, socket);
  socket.join(room.code);
  socket.on('m', (data) => room.socket.emit('m', id, data));
  room.socket.emit('joined', id);
}

server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
