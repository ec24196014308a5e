import type { ListedRoomJson } from '../dialects/wmbp/room-list-json.js';
import type { RoomDescription } from './elsewhere.js';

/** What processes of a relay, and relays of a cluster, ask each other about their rooms. */
export interface RoomQuestions {
  /** Describes a room, as `GET /CODE` does. */
  describe: {
    readonly ask: { readonly code: string; readonly seat: string | undefined };
    readonly answer: RoomDescription | null;
  };
  /** The number of a room in a list. */
  listNumber: {
    readonly ask: { readonly list: string; readonly code: string };
    readonly answer: number | null;
  };
  /** Rooms of a list before that number, the newest first. */
  list: {
    readonly ask: { readonly list: string; readonly most: number; readonly before: number | null };
    readonly answer: readonly { readonly number: number; readonly json: ListedRoomJson }[];
  };
  /** The room of a list that a player would join, as far as there is one. */
  quickJoin: {
    readonly ask: {
      readonly list: string;
      readonly seat: string | undefined;
      readonly address: string;
    };
    readonly answer: Candidate | null;
  };
}

/** A room that a player may join. */
export interface Candidate {
  readonly code: string;
  /** Whether the player has a seat there. */
  readonly hasSeat: boolean;
  /** The share of its seats that are taken. */
  readonly share: number;
  /** Its number in the list. */
  readonly number: number;
}

/** Answers each kind of question about rooms. */
export type RoomAnswers = {
  readonly [Name in keyof RoomQuestions]: (
    ask: RoomQuestions[Name]['ask'],
  ) => RoomQuestions[Name]['answer'];
};
