import type { Greeting, Message } from './envelope.js';

/** The effects of a session, which its owner implements. */
export interface SessionEffects {
  /** The player's id in greetings, if this is the host's end. */
  readonly player?: number;
  /** Sends a frame on the connection; it may be lost with the connection. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Delivers a message: each one once, in order. */
  deliver(message: Message): void;
  /** `count` messages of the other end are lost. */
  gap(count: number): void;
  /** The other end is a new page, which has received nothing. */
  restarted(): void;
  /** The other end has sent a greeting: it is connected. */
  greeted(greeting: Greeting): void;
  /** Calls `acknowledge` after a delay. */
  acknowledgeLater(): void;
  /** Calls `pauseEnded` after a delay. */
  pause(): void;
  /** `count` messages to the other end were dropped before it received them. */
  lost?(count: number): void;
  /** A notice of the other end: the largest message that the relay accepts, and what that end knows. */
  notice?(notice: Greeting): void;
  /** The other end has received the messages up to this number. */
  acked?(number: number): void;
  /** The largest message that the other end may send, in bytes; 0 if unknown. */
  maxBytes?(): number;
  /** A round trip took so many milliseconds. `time` is the other end's, NaN if it has not sent it. */
  measured?(rtt: number, time: number): void;
  /** The time in milliseconds. Never goes back. */
  now(): number;
}
