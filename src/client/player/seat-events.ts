import type { SeatEvents } from '../api.js';

export const EVENTS = [
  'message',
  'shared',
  'state',
  'gap',
  'restart',
  'channel',
  'host',
  'heir',
  'status',
  'error',
  'close',
] as const satisfies readonly (keyof SeatEvents)[];
