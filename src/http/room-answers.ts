import { type RoomJsonLimits, roomJson } from '../dialects/wmbp/room-json.js';
import { listedRoomJson } from '../dialects/wmbp/room-list-json.js';
import type { RoomCode } from '../rooms/ids.js';
import type { Listed } from '../rooms/room-list.js';
import type { Rooms } from '../rooms/rooms.js';
import type { SeatKey } from '../rooms/seat-key.js';
import { hashSecret, parseHash } from '../rooms/secret.js';
import type { Candidate, RoomAnswers } from './room-questions.js';

/** Answers questions about the rooms of this process. */
export function roomAnswers(rooms: Rooms, limits: RoomJsonLimits): RoomAnswers {
  return {
    describe({ code, seat }) {
      const room = rooms.find(code as RoomCode);
      if (room === undefined) return null;
      return {
        name: room.info.name,
        json: roomJson(room, seat as SeatKey | undefined, limits),
      };
    },
    listNumber({ list: name, code }) {
      const list = rooms.lists.find(name);
      return (list && rooms.lists.numberOf(list, code as RoomCode)) ?? null;
    },
    list({ list, most, before }) {
      const listed = rooms.lists.find(list)?.page(most, before ?? undefined) ?? [];
      return listed.map(({ number, room }) => ({ number, json: listedRoomJson(room) }));
    },
    quickJoin({ list: name, seat, address }) {
      const list = rooms.lists.find(name);
      if (list === undefined) return null;
      const key = parseHash(seat);
      const last = key && rooms.lists.withSeat(list, key);
      if (last !== undefined) return candidate(last, true);
      const addressHash = hashSecret(address);
      const fullest = list.fullest((room) => room.keepsOut(key, addressHash));
      return fullest === undefined ? null : candidate(fullest, false);
    },
  };
}

function candidate({ room, share, number }: Listed, hasSeat: boolean): Candidate {
  return { code: room.identity.code, hasSeat, share, number };
}
