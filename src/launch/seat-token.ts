import type { GameConfig } from './config/games.js';
import { connectToken } from './connect-token.js';

/** How long a server keeps a player of whom it receives nothing, in seconds. */
const TIMEOUT = 15;

/** What a player's token is made for. */
export interface TokenSeat {
  readonly client: bigint;
  readonly ip: string;
  readonly port: number;
  /** How long the player may take to connect, in seconds. */
  readonly seconds: number;
}

/** A connect token for one player; `undefined` if the game has none. */
export function seatToken({ token }: GameConfig, seat: TokenSeat): Uint8Array | undefined {
  if (token === undefined) return undefined;
  const { client, ip, port, seconds } = seat;
  const created = Math.floor(Date.now() / 1000);
  const fields = {
    protocolId: token.protocolId,
    clientId: client,
    created,
    expires: created + seconds,
    timeout: TIMEOUT,
    server: { ip, port },
  };
  return connectToken(fields, token.key.bytes, token.byteOrder);
}
