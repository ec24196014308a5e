import type { GameConfig } from './config/games.js';
import { connectToken } from './connect-token.js';

/** After this time without packets, a server disconnects a player. In seconds. */
const TIMEOUT = 15;

/** The player and the server that a token is for. */
export interface TokenSeat {
  readonly client: bigint;
  readonly ip: string;
  readonly port: number;
  /** How long the player may take to connect, in seconds. */
  readonly seconds: number;
}

/** Creates a connect token for a player; `undefined` if the game uses no tokens. */
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
