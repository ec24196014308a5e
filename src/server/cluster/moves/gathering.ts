import type { Directory } from '../../../cluster/directory/directory.js';
import type { Place } from '../../../cluster/directory/records.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import type { NodeRequests } from '../node-requests.js';
import type { Arrivals } from './arrivals.js';
import type { Followers } from './followers.js';

/** How long a host waits for the clients at other relays, in milliseconds. Later ones reconnect. */
const FOLLOW_TIME = 250;

/** A room that had clients at other relays. */
export interface LinkedRoom {
  readonly room: Room;
  /** The runs of these relays. */
  readonly edges: readonly string[];
}

export interface GatheringParts {
  readonly self: Place;
  readonly requests: NodeRequests;
  /** A room of this relay. */
  readonly find: (code: RoomCode) => Room | undefined;
  readonly followers: Followers;
  readonly arrivals: Arrivals;
}

/** Has clients follow a room to this relay, before its host resumes it. */
export class Gathering {
  readonly #parts: GatheringParts;

  constructor(parts: GatheringParts) {
    this.#parts = parts;
  }

  /**
   * Waits for the clients at other relays, so that the host can ask them what they have received.
   *
   * @param edges the runs that had clients in the room
   */
  async gather(room: Room, edges: readonly string[], epoch: number): Promise<void> {
    const { arrivals, followers, requests, self } = this.#parts;
    const ask = { code: room.identity.code, ...self, epoch };
    arrivals.expect(room);
    followers.follow(ask);
    const counts = edges
      .filter((edge) => edge !== self.run)
      .map((edge) => requests.ask(edge, 'follow', ask).catch(() => 0));
    const expected = Promise.all(counts).then((all) => all.reduce((sum, count) => sum + count, 0));
    await arrivals.wait(room, expected, FOLLOW_TIME);
  }

  /**
   * The same for all rooms of a relay that has restarted. Other relays may have taken some over meanwhile.
   *
   * @param earlier the runs of this relay before this one
   */
  async gatherAll(
    rooms: readonly LinkedRoom[],
    directory: Directory,
    earlier: ReadonlySet<string>,
  ): Promise<void> {
    const { find, self } = this.#parts;
    const all = rooms.map(({ room, edges }) => {
      const { run = self.run, epoch = 1 } = directory.home(room.identity.code) ?? {};
      const isOwn = (run === self.run || earlier.has(run)) && find(room.identity.code) === room;
      return isOwn ? this.gather(room, edges, epoch) : undefined;
    });
    await Promise.all(all);
  }
}
