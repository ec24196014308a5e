import type { Greeting, Message } from './envelope.js';

/** What a session needs done by its surroundings. */
export interface SessionEffects {
  /** The id that greetings tell, if this is the host's end. */
  readonly player?: number;
  /** Sends a frame on the connection; it may be lost with the connection. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Hands over a message: each once, in order. */
  deliver(message: Message): void;
  /** So many messages of the other end are lost. */
  gap(count: number): void;
  /** The other end is a new page, which has received nothing. */
  restarted(): void;
  /** The other end has greeted: it is connected, or connected again. */
  greeted(greeting: Greeting): void;
  /** Calls `acknowledge` after a delay. */
  acknowledgeLater(): void;
  /** Calls `pauseEnded` after a delay. */
  pause(): void;
  /** So many messages to the other end were dropped before it received them. */
  lost?(count: number): void;
  /** The other end announces the largest message that the relay accepts, in bytes. */
  limited?(bytes: number): void;
  /** The largest message that the other end may send, in bytes; 0 if unknown. */
  mostBytes?(): number;
  /** Milliseconds, never going back. */
  now(): number;
}
