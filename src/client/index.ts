export type {
  AudienceOptions,
  Candidate,
  Channel,
  ChannelOptions,
  Clock,
  Codec,
  CodecOption,
  Data,
  DataChannel,
  Emitter,
  Environment,
  GivenRoom,
  HostStatus,
  JoinOptions,
  KeyStorage,
  KickOptions,
  ListedRoom,
  ListenerOptions,
  ListOptions,
  MergePatch,
  Player,
  Room,
  RoomChanges,
  RoomEvents,
  RoomOptions,
  Seat,
  SeatEvents,
  Sendable,
  SendOptions,
  SharedState,
  Status,
  TakeOptions,
  Viewer,
  ViewerEvents,
} from './api.js';
export { joinAudience } from './audience/join-audience.js';
export { ChannelError, type ChannelErrorName } from './errors/channel-error.js';
export { CommandError } from './errors/command-error.js';
export { MessageError } from './errors/message-error.js';
export { PlayError } from './errors/play-error.js';
export { RelayError, type RelayErrorName } from './errors/relay-error.js';
export { SendError, type SendErrorName } from './errors/send-error.js';
export { createRoom } from './host/create-room.js';
export { takeRoom } from './host/take-room.js';
export { json } from './json.js';
export { listRooms } from './list/list-rooms.js';
export { quickJoin } from './list/quick-join.js';
export { type Place, type PlayOptions, type PlayProgress, play } from './play/play.js';
export { joinRoom } from './player/join-room.js';
export { parseCode } from './room-code.js';
