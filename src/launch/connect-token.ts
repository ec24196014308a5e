import { randomBytes } from 'node:crypto';
import { addressBytes } from '../limits/ip-address.js';
import { KEY_BYTES, NONCE_BYTES, seal, TAG_BYTES } from './xchacha20-poly1305.js';

/** The length of a token, in bytes. */
export const TOKEN_BYTES = 2048;

/** The length of the private part, in bytes, with its tag. */
const PRIVATE_BYTES = 1024;

const USER_DATA_BYTES = 256;

/** The version of netcode, with a terminating zero byte. */
const VERSION = Buffer.from('NETCODE 1.02\0', 'latin1');

/**
 * The byte order of integers: `little` in netcode's specification and in Lightyear up to 0.17, `big` in
 * later versions of Lightyear.
 */
export type ByteOrder = 'little' | 'big';

/** The contents of a token. */
export interface TokenFields {
  /** Identifies the game: server and client have the same 64 bits. */
  readonly protocolId: bigint;
  /** 64 bits. */
  readonly clientId: bigint;
  /** When the token was created and when it expires, in whole seconds since 1970. */
  readonly created: number;
  readonly expires: number;
  /** How long the server waits for packets before it disconnects the client, in seconds. */
  readonly timeout: number;
  /** Where the server is reached: an IPv4 or IPv6 address, and a port. */
  readonly server: { readonly ip: string; readonly port: number };
}

/** The random parts of a token. */
export interface TokenSecrets {
  /** 24 bytes. */
  readonly nonce: Uint8Array;
  /** The keys of the connection, of 32 bytes. */
  readonly clientToServer: Uint8Array;
  readonly serverToClient: Uint8Array;
}

/**
 * Creates a connect token of netcode 1.02. With it, a client may connect to one server once, until
 * it expires.
 *
 * @param key the key of the game's servers, 32 bytes
 */
export function connectToken(
  fields: TokenFields,
  key: Uint8Array,
  byteOrder: ByteOrder,
  secrets: TokenSecrets = randomSecrets(),
): Buffer {
  const { nonce } = secrets;
  const secret = new Writer(PRIVATE_BYTES - TAG_BYTES, byteOrder);
  secret.u64(fields.clientId);
  secret.i32(fields.timeout);
  writeConnection(secret, fields, secrets);
  secret.bytes(Buffer.alloc(USER_DATA_BYTES));

  const token = new Writer(TOKEN_BYTES, byteOrder);
  token.bytes(VERSION);
  token.u64(fields.protocolId);
  token.u64(BigInt(fields.created));
  token.u64(BigInt(fields.expires));
  token.bytes(nonce);
  token.bytes(seal(key, nonce, secret.buffer, associatedData(fields, byteOrder)));
  token.i32(fields.timeout);
  writeConnection(token, fields, secrets);
  return token.buffer;
}

function randomSecrets(): TokenSecrets {
  return {
    nonce: randomBytes(NONCE_BYTES),
    clientToServer: randomBytes(KEY_BYTES),
    serverToClient: randomBytes(KEY_BYTES),
  };
}

/** The associated data: public parts of the token that its tag protects from changes. */
function associatedData({ protocolId, expires }: TokenFields, byteOrder: ByteOrder): Buffer {
  const data = new Writer(VERSION.length + 16, byteOrder);
  data.bytes(VERSION);
  data.u64(protocolId);
  data.u64(BigInt(expires));
  return data.buffer;
}

/** Writes the list of servers, with one entry, and the keys of the connection. */
function writeConnection(
  to: Writer,
  { server }: TokenFields,
  { clientToServer, serverToClient }: TokenSecrets,
): void {
  const address = addressBytes(server.ip);
  to.u32(1);
  to.u8(address.length === 4 ? 1 : 2);
  to.bytes(address);
  to.u16(server.port);
  to.bytes(clientToServer);
  to.bytes(serverToClient);
}

/** Writes numbers and bytes in sequence. The rest of the buffer is zero. */
class Writer {
  readonly buffer: Buffer;
  readonly #isLittle: boolean;
  #offset = 0;

  constructor(length: number, byteOrder: ByteOrder) {
    this.buffer = Buffer.alloc(length);
    this.#isLittle = byteOrder === 'little';
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  u8(value: number): void {
    this.#offset = this.buffer.writeUInt8(value, this.#offset);
  }

  u16(value: number): void {
    const { buffer } = this;
    this.#offset = this.#isLittle
      ? buffer.writeUInt16LE(value, this.#offset)
      : buffer.writeUInt16BE(value, this.#offset);
  }

  u32(value: number): void {
    const { buffer } = this;
    this.#offset = this.#isLittle
      ? buffer.writeUInt32LE(value, this.#offset)
      : buffer.writeUInt32BE(value, this.#offset);
  }

  i32(value: number): void {
    this.u32(value >>> 0);
  }

  u64(value: bigint): void {
    const { buffer } = this;
    this.#offset = this.#isLittle
      ? buffer.writeBigUInt64LE(value, this.#offset)
      : buffer.writeBigUInt64BE(value, this.#offset);
  }
}
