import type { Writable } from 'node:stream';
import * as ws from 'ws';

/** One WebSocket message as a client receives it. */
export interface Message {
  readonly binary: boolean;
  readonly data: Buffer;
}

// The types of ws do not contain its frame parser, which it exports.
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => Writable;
};

/** Parses the messages in a server's output with ws. Throws unless they are whole frames. */
export function receive(written: Uint8Array): Message[] {
  const receiver = new Receiver({ isServer: false });
  const messages: Message[] = [];
  let ended = false;
  let failure: Error | undefined;
  receiver.on('message', (data: Buffer, binary: boolean) => messages.push({ data, binary }));
  receiver.on('ping', () => {
    ended = true;
  });
  receiver.on('error', () => {}); // Emitted after this function has returned; see below.
  receiver.write(Buffer.from(written), (error) => {
    failure = error ?? undefined;
  });
  // If this ping is received, no frame before it is incomplete.
  receiver.write(Buffer.of(0x89, 0x00));
  if (!ended) throw new Error('not a sequence of whole frames', { cause: failure });
  return messages;
}

/** The only message in a server's output. */
export function receiveOne(written: Uint8Array): Message {
  const [message, ...more] = receive(written);
  if (message === undefined || more.length > 0) throw new Error('expected exactly one message');
  return message;
}
