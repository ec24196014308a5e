/** Why reading from a connection pauses; several reasons may apply at a time. */
export const PauseReason = {
  /** Its player sends too much. */
  rate: 1,
  /** The host does not keep up. */
  hostBacklog: 2,
  /** Other connections have their turn. */
  turn: 4,
  /** Nothing more is read, because the client is about to be closed. */
  stopped: 8,
  /** Another process is asked about its last message. */
  answer: 16,
  /** The link to another relay, which has some of its players, does not keep up. */
  link: 32,
} as const;
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason];

/** Reasons that do not matter any more once the connection closes. */
export const UNTIL_CLOSE = [
  PauseReason.rate,
  PauseReason.hostBacklog,
  PauseReason.answer,
  PauseReason.link,
];
