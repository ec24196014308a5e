import { MAX_VIEWER_MESSAGE } from '../dialects/wmbp/viewer-connection.js';
import { RESERVED_NAMES } from '../http/route.js';
import { addresses } from '../limits/address.js';
import { Admission } from '../limits/admission.js';
import { oldGeneration } from '../ops/heap.js';
import { LoadMonitor } from '../ops/load-monitor.js';
import { connectionBound, memoryForBuffers } from '../ops/machine.js';
import { MemoryLimit } from '../ops/memory-limit.js';
import type { RelayLog } from '../ops/relay-log.js';
import type { Options } from '../options.js';
import { MAX_MESSAGE } from '../protocol/bellhop/limits.js';
import { MAX_REQUEST } from '../protocol/bevygap/limits.js';
import { evictOfflineBuffers } from '../rooms/offline-buffers.js';
import { type RoomObserver, Rooms } from '../rooms/rooms.js';
import { PersistentRooms } from '../state/persistent-rooms.js';
import { Acceptor } from '../transport/acceptor.js';
import type { Core } from './core.js';
import { readOption } from './read-option.js';
import type { Surroundings } from './surroundings.js';

/** What rooms may store for their hosts, as a fraction of the memory for buffers and of the heap. */
const STORAGE_SHARE = 4;
const HEAP_SHARE = 8;

/** @throws {OptionError} if an option cannot be used */
export function buildCore(options: Options, log: RelayLog, surroundings: Surroundings = {}): Core {
  const { maxConnections: ofAll } = surroundings;
  const maxConnections = readOption('maxConnections', () =>
    connectionBound(ofAll === undefined ? options.maxConnections : 0),
  );
  const heap = oldGeneration().limit;
  const admission = new Admission(
    { ...options, maxConnections: ofAll ?? maxConnections, heap },
    () => load.overload,
  );
  // Buffered messages must fit into the send buffer of the next connection.
  const keep = Math.min(options.keep, options.playerBacklog / 2);
  const memory = options.memory || memoryForBuffers();
  const limits = { ...options, keep, hasLists: options.list, storage: storageOf(memory, heap) };
  const places = admission.reconnectPlaces;
  const { share, blocks, roomsElsewhere: elsewhere } = surroundings;
  const rooms = new Rooms(
    { ...limits, places, reservedNames: RESERVED_NAMES, share, blocks, elsewhere },
    both(log, surroundings.observer),
  );
  const acceptor = buildAcceptor(options, admission, log, surroundings);
  const memoryLimit = buildMemoryLimit(memory, rooms, acceptor, surroundings);
  const load = new LoadMonitor(
    options,
    () => memoryLimit.isNearlyFull,
    (what, lag) => log.overloaded(what, lag),
  );
  return {
    maxConnections,
    addresses:
      surroundings.addresses ?? readOption('trustProxy', () => addresses(options.trustProxy)),
    admission,
    clientAdmission: surroundings.admissionOf?.(admission) ?? admission,
    rooms,
    state:
      options.stateFile === ''
        ? undefined
        : new PersistentRooms(options.stateFile, heap, rooms, log),
    acceptor,
    memoryLimit,
    load,
  };
}

/** Tells both of rooms. */
function both(log: RoomObserver, other: Surroundings['observer']): RoomObserver {
  if (other === undefined) return log;
  return {
    roomOpened(room) {
      log.roomOpened(room);
      other.roomOpened?.(room);
    },
    roomEnded(room, reason) {
      log.roomEnded(room, reason);
      other.roomEnded?.(room, reason);
    },
    hostDisconnected: (room) => log.hostDisconnected(room),
    hostResumed: (room) => log.hostResumed(room),
  };
}

function buildAcceptor(
  options: Options,
  admission: Admission,
  log: RelayLog,
  { connections }: Surroundings,
): Acceptor {
  return new Acceptor({
    ...options,
    maxMessage: {
      host: options.maxHostMessage,
      player: options.maxPlayerMessage,
      viewer: MAX_VIEWER_MESSAGE,
      peer: MAX_MESSAGE,
      requester: MAX_REQUEST,
    },
    fault: (error) => log.fault(error),
    connected(address) {
      admission.connected(address);
      connections?.connected(address);
    },
    disconnected(address) {
      admission.disconnected(address);
      connections?.disconnected(address);
    },
  });
}

/**
 * How much rooms may store for their hosts. It cannot be dropped as buffers can, and with a state file
 * the heap contains a copy.
 */
function storageOf(memory: number, heap: number): number {
  return Math.min(memory / STORAGE_SHARE, heap / HEAP_SHARE);
}

function buildMemoryLimit(
  memory: number,
  rooms: Rooms,
  { connections }: Acceptor,
  { bufferedBytes = () => 0 }: Surroundings,
): MemoryLimit {
  return new MemoryLimit({
    memory,
    connections: {
      all: () => connections.all(),
      get buffered() {
        return connections.buffered + bufferedBytes();
      },
    },
    offlineBuffers: {
      bytes: () => rooms.totals.bufferedBytes + rooms.totals.storedBytes,
      evict: (excess) => evictOfflineBuffers([...rooms.all], excess),
    },
  });
}
