import { createDecipheriv } from 'node:crypto';
import { hchacha20 } from '../../src/launch/xchacha20-poly1305.js';

/** What a game server reads of a connect token with its key; of little-endian tokens for IPv4. */
export interface OpenedToken {
  readonly protocolId: bigint;
  readonly created: bigint;
  readonly expires: bigint;
  readonly clientId: bigint;
  readonly timeout: number;
  readonly server: string;
}

/** Opens a token as a game server does. Throws if the key is not that of the token. */
export function openToken(token: Buffer, key: Uint8Array): OpenedToken {
  const nonce = token.subarray(37, 61);
  const shortNonce = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const decipher = createDecipheriv(
    'chacha20-poly1305',
    hchacha20(key, nonce.subarray(0, 16)),
    shortNonce,
    { authTagLength: 16 },
  );
  decipher.setAAD(Buffer.concat([token.subarray(0, 21), token.subarray(29, 37)]), {
    plaintextLength: 1008,
  });
  decipher.setAuthTag(token.subarray(1069, 1085));
  const secret = Buffer.concat([decipher.update(token.subarray(61, 1069)), decipher.final()]);
  const isSame = secret.subarray(12, 16 + 7 + 64).equals(token.subarray(1089, 1093 + 7 + 64));
  if (!isSame) throw new Error('the public and the private part differ');
  return {
    protocolId: token.readBigUInt64LE(13),
    created: token.readBigUInt64LE(21),
    expires: token.readBigUInt64LE(29),
    clientId: secret.readBigUInt64LE(0),
    timeout: secret.readInt32LE(8),
    server: `${[...secret.subarray(17, 21)].join('.')}:${secret.readUInt16LE(21)}`,
  };
}
