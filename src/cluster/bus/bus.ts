/**
 * Connects relays: messages, which may be lost, and buckets of entries that all relays share. NATS is one
 * implementation, tests have another one in memory.
 */
export interface Bus {
  /** Whether there is a connection now. */
  readonly isConnected: boolean;
  /** Sends a message to all subscribers. Never throws. Messages are dropped while disconnected. */
  publish(subject: string, bytes: Uint8Array): void;
  /**
   * Receives the messages of a subject, in which `*` matches any token, until the returned function is
   * called. Subscriptions are restored after a reconnect.
   */
  subscribe(subject: string, receive: (message: BusMessage) => void): () => void;
  /** Sends a request to one subscriber. While disconnected, the result is `timeout`. */
  request(subject: string, bytes: Uint8Array, timeout: number): Promise<BusAnswer>;
  /** Resolves when all earlier subscriptions have taken effect. Rejects with a `BusError`. */
  flush(): Promise<void>;
  /**
   * Opens a bucket, which is created if it does not exist, or no more. Of a bucket that was open
   * before, the same one, whose watches report all entries again. Rejects with a `BusError`.
   */
  bucket(name: string): Promise<Bucket>;
  /** Reports disconnects and reconnects until the returned function is called. */
  onStatus(listener: (status: BusStatus) => void): () => void;
  close(): Promise<void>;
}

export interface BusMessage {
  readonly subject: string;
  /** Not shared with the sender or other receivers. */
  readonly bytes: Uint8Array;
  /** Answers a request. Does nothing for other messages. Never throws. */
  respond(bytes: Uint8Array): void;
}

export type BusAnswer =
  | { readonly is: 'answer'; readonly bytes: Uint8Array }
  /** The subject has no subscribers. */
  | { readonly is: 'noResponders' }
  /** No answer in time. */
  | { readonly is: 'timeout' };

/** A message published shortly before `disconnected` may be lost. */
export type BusStatus = 'disconnected' | 'reconnected';

/**
 * Entries that all relays share. Every change gets a revision, greater than all earlier ones in the bucket.
 * Entries are never deleted. All calls reject with a `BusError` if the bus does not answer in time. The
 * change may have been made nevertheless.
 */
export interface Bucket {
  get(key: string): Promise<BucketEntry | undefined>;
  put(key: string, value: string): Promise<number>;
  /** Creates an entry. Returns its revision; `undefined` if the key exists. */
  create(key: string, value: string): Promise<number | undefined>;
  /** Changes an entry. Returns its new revision; `undefined` if its revision was another one. */
  update(key: string, value: string, revision: number): Promise<number | undefined>;
  /**
   * Reports all entries, then all changes. Resolves when all entries were reported. After a reconnect,
   * entries may be reported again.
   *
   * @returns ends the reports
   */
  watch(changed: (entry: BucketEntry) => void): Promise<() => void>;
}

export interface BucketEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

/** The bus cannot be used, or does not answer. The message is one line for the operator. */
export class BusError extends Error {
  override readonly name = 'BusError';
}
