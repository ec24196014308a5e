import type { RoomQuestions } from '../../http/room-questions.js';

/** What relays of a cluster ask each other. */
export interface NodeQuestions extends RoomQuestions {
  /** Lets go of a room that its host resumes at the relay that asks. Answers with its record. */
  release: {
    readonly ask: {
      readonly code: string;
      /** The hash of the resume token. */
      readonly token: string;
    };
    /** `null` if it has no such room; `moving` if another relay has just asked. */
    readonly answer: string | null;
  };
  /** Sends the clients in a room after it. Answers with their number. */
  follow: {
    readonly ask: {
      readonly code: string;
      /** The run that has the room now. */
      readonly run: string;
      readonly url: string;
      readonly epoch: number;
    };
    readonly answer: number;
  };
}

/** Answers each kind of question. */
export type NodeAnswers = {
  readonly [Name in keyof NodeQuestions]: (
    ask: NodeQuestions[Name]['ask'],
  ) => NodeQuestions[Name]['answer'];
};
