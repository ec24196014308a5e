export type {
  Channel,
  ChannelOptions,
  Clock,
  Data,
  DataChannel,
  Emitter,
  Environment,
  JoinOptions,
  KeyStorage,
  Player,
  Room,
  RoomEvents,
  RoomOptions,
  Seat,
  SeatEvents,
  Status,
} from './api.js';
export { ChannelError, type ChannelErrorName } from './channel-error.js';
export { createRoom } from './create-room.js';
export { joinRoom } from './join-room.js';
export { RelayError, type RelayErrorName } from './relay-error.js';
