import type { Addresses } from '../limits/address.js';
import type { Admission, ClientAdmission } from '../limits/admission.js';
import type { LoadMonitor } from '../ops/load-monitor.js';
import type { MemoryLimit } from '../ops/memory-limit.js';
import type { Rooms } from '../rooms/rooms.js';
import type { PersistentRooms } from '../state/persistent-rooms.js';
import type { Acceptor } from '../transport/acceptor.js';

/** Rooms and connections, with their limits. */
export interface Core {
  /** The maximum number of WebSockets. */
  readonly maxConnections: number;
  readonly addresses: Addresses;
  readonly admission: Admission;
  /** The same, or what another process knows about clients. */
  readonly clientAdmission: ClientAdmission;
  readonly rooms: Rooms;
  /** The state file, from which rooms are restored after a restart; `undefined` without one. */
  readonly state: PersistentRooms | undefined;
  readonly acceptor: Acceptor;
  readonly memoryLimit: MemoryLimit;
  readonly load: LoadMonitor;
}
