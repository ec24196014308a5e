import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket client that sends raw bytes, which may be invalid. */
export class RawClient {
  received: Buffer = Buffer.alloc(0);
  readonly closed: Promise<void>;
  #wake: () => void = () => {};

  static async connect(port: number, path: string): Promise<RawClient> {
    const client = new RawClient(connect(port, '127.0.0.1'));
    client.write(upgradeRequest(path));
    const head = await client.until((bytes) => bytes.includes('\r\n\r\n'));
    const end = head.indexOf('\r\n\r\n') + 4;
    if (!head.toString('latin1').startsWith('HTTP/1.1 101'))
      throw new Error(head.toString('latin1'));
    client.received = head.subarray(end);
    return client;
  }

  constructor(readonly socket: Socket) {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.#wake();
    });
    this.closed = once(socket, 'close').then(() => {});
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** All bytes received so far, when they fulfil the condition. */
  async until(condition: (received: Buffer) => boolean): Promise<Buffer> {
    while (!condition(this.received)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  /** The code of the close frame that the relay sends. */
  async closeCode(): Promise<number> {
    const code = (bytes: Buffer): number => bytes.indexOf(0x88) + 2;
    const bytes = await this.until(
      (received) => received.includes(0x88) && received.length >= code(received) + 2,
    );
    return bytes.readUInt16BE(code(bytes));
  }
}

export function upgradeRequest(path: string, headers = ''): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers}\r\n`
  );
}

/** A frame as a client sends it (RFC 6455 section 5.2), masked with zeros by default. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = '',
  {
    fin = true,
    masked = true,
    reserved = 0,
    declared = Buffer.byteLength(payload),
    key = [0, 0, 0, 0],
  } = {},
): Buffer {
  const mask = masked ? 0x80 : 0;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  if (declared < 126) head.push(mask | declared);
  else if (declared < 0x10000) head.push(mask | 126, declared >>> 8, declared & 0xff);
  else {
    head.push(mask | 127, 0, 0, 0, Math.floor(declared / 2 ** 32));
    head.push(
      (declared >>> 24) & 0xff,
      (declared >>> 16) & 0xff,
      (declared >>> 8) & 0xff,
      declared & 0xff,
    );
  }
  if (!masked) return Buffer.concat([Uint8Array.from(head), Buffer.from(payload)]);
  const hidden = Buffer.from(payload).map((byte, at) => byte ^ (key[at & 3] as number));
  return Buffer.concat([Uint8Array.from([...head, ...key]), hidden]);
}
