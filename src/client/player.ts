/** The SDK for pages that only join: the same as `index.ts`, without hosting, watching and matchmaking. */
export { ChannelError } from './errors/channel-error.js';
export { MessageError } from './errors/message-error.js';
export { RelayError } from './errors/relay-error.js';
export { SendError } from './errors/send-error.js';
export { json } from './json.js';
export { listRooms } from './list/list-rooms.js';
export { quickJoin } from './list/quick-join.js';
export { joinRoom } from './player/join-room.js';
export { parseCode } from './room-code.js';
