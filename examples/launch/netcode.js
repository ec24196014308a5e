// The start of a netcode connection, as netcode.io 1.02 has it, with node:crypto alone. Numbers are
// little-endian: `byteOrder` in launch.json.
import { createCipheriv, createDecipheriv } from 'node:crypto';

/** A packet of type 0: what is public of the token, and the sealed part of 1,024 bytes. */
export const REQUEST_BYTES = 1078;

const VERSION = 'NETCODE 1.02\0';

/** What a player sends first: its connect token without the keys, which are for the player alone. */
export function connectionRequest(token) {
  const versionAndProtocol = token.subarray(0, 21);
  const expiresToSealed = token.subarray(29, 1085);
  return Buffer.concat([Buffer.of(0), versionAndProtocol, expiresToSealed]);
}

/**
 * Opens a connection request with the key of this game's servers.
 *
 * @returns the player's id and more; `undefined` if the token is not from this relay, for this game,
 * for a server at this port, and still valid
 */
export function openRequest(packet, { key, protocolId, port }) {
  if (packet.length !== REQUEST_BYTES || packet[0] !== 0) return undefined;
  if (packet.toString('latin1', 1, 14) !== VERSION) return undefined;
  const expires = packet.readBigUInt64LE(22);
  if (packet.readBigUInt64LE(14) !== protocolId || expires * 1000n <= Date.now()) return undefined;
  const secret = open(key, packet.subarray(30, 54), packet.subarray(54), packet.subarray(1, 30));
  if (secret === undefined || secret.readUInt16LE(21) !== port) return undefined;
  return {
    client: secret.readBigUInt64LE(0),
    timeout: secret.readInt32LE(8),
    expires: Number(expires) * 1000,
    // The tag is different in every token.
    id: packet.toString('hex', REQUEST_BYTES - 16),
  };
}

/** XChaCha20-Poly1305: ChaCha20-Poly1305 with a key made of the key and 16 bytes of the nonce. */
function open(key, nonce, sealed, associated) {
  const shortNonce = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const derived = hchacha20(key, nonce.subarray(0, 16));
  const text = sealed.subarray(0, -16);
  const cipher = createDecipheriv('chacha20-poly1305', derived, shortNonce, { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: text.length });
  cipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([cipher.update(text), cipher.final()]);
  } catch {
    return undefined;
  }
}

/** The first block of ChaCha20 without its last step, the addition of the initial state. */
function hchacha20(key, nonce) {
  const block = createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64));
  const start = Buffer.concat([Buffer.from('expand 32-byte k'), Buffer.alloc(32), nonce]);
  const derived = Buffer.alloc(32);
  for (const [to, from] of [0, 4, 8, 12, 48, 52, 56, 60].entries()) {
    const word = block.readUInt32LE(from) - start.readUInt32LE(from);
    derived.writeUInt32LE(word >>> 0, 4 * to);
  }
  return derived;
}
