import type { Writable } from 'node:stream';
import * as ws from 'ws';

/** One WebSocket message as a client gets it. */
export interface Message {
  readonly binary: boolean;
  readonly data: Buffer;
}

// The types of ws do not have its frame parser, which it exports.
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => Writable;
};

/** The messages in what a server wrote, as ws reads them. Throws unless they are whole frames. */
export function receive(written: Uint8Array): Message[] {
  const receiver = new Receiver({ isServer: false });
  const messages: Message[] = [];
  let ended = false;
  let failure: Error | undefined;
  receiver.on('message', (data: Buffer, binary: boolean) => messages.push({ data, binary }));
  receiver.on('ping', () => {
    ended = true;
  });
  receiver.on('error', () => {}); // Comes later than this function returns; see below.
  receiver.write(Buffer.from(written), (error) => {
    failure = error ?? undefined;
  });
  // Whoever gets this ping is not still waiting for the rest of a frame.
  receiver.write(Buffer.of(0x89, 0x00));
  if (!ended) throw new Error('not a sequence of whole frames', { cause: failure });
  return messages;
}

/** The only message in what a server wrote. */
export function receiveOne(written: Uint8Array): Message {
  const [message, ...more] = receive(written);
  if (message === undefined || more.length > 0) throw new Error('expected exactly one message');
  return message;
}
