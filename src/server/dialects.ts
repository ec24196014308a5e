import { BELLHOP } from '../dialects/bellhop/action-handler.js';
import { Bellhop } from '../dialects/bellhop/bellhop.js';
import { Bevygap } from '../dialects/bevygap/bevygap.js';
import { BEVYGAP } from '../dialects/bevygap/play-requests.js';
import { Signaling } from '../dialects/signaling/signaling.js';
import type { ClaimCode } from '../dialects/wmbp/host-connection.js';
import { Wmbp } from '../dialects/wmbp/wmbp.js';
import type { LaunchedServerApi } from '../launch/launched-server-api.js';
import type { Matchmaker } from '../launch/matchmaker.js';
import { createTokenCheck } from '../limits/create-token.js';
import { JoinCounts } from '../ops/join-counts.js';
import type { DialectCounts } from '../ops/metrics.js';
import type { RelayLog } from '../ops/relay-log.js';
import type { Options } from '../options.js';
import { type Dialect, parseDialects } from '../protocol/dialects.js';
import type { Core } from './core.js';
import { readOption } from './read-option.js';

/** What dialects use of the game servers that the relay starts. */
export interface GameServers {
  /** Answers requests for game servers; `undefined` if none are started. */
  readonly matchmaker: Matchmaker | undefined;
  /** Knows the servers that may open rooms; `undefined` if none are started. */
  readonly serverApi: LaunchedServerApi | undefined;
}

/** All dialects, and the names of the enabled ones. */
export interface Dialects {
  readonly enabled: ReadonlySet<Dialect>;
  readonly wmbp: Wmbp;
  readonly bellhop: Bellhop;
  readonly signaling: Signaling;
  /** `undefined` if no game servers are started. */
  readonly bevygap: Bevygap | undefined;
  /** The counts of the enabled dialects, except WMBP. */
  readonly counts: ReadonlyMap<string, DialectCounts>;
}

/**
 * @param claimCode asks for a code that another process draws; `undefined` if there is none
 * @throws {OptionError} if an option cannot be used
 */
export function buildDialects(
  options: Options,
  core: Core,
  log: RelayLog,
  { matchmaker, serverApi }: GameServers,
  claimCode?: ClaimCode,
): Dialects {
  const chosen = readOption('dialects', () => parseDialects(options.dialects));
  const hasBevygap = matchmaker !== undefined && chosen.has(BEVYGAP);
  const enabled = new Set([...chosen].filter((name) => name !== BEVYGAP || hasBevygap));
  const bevygap = hasBevygap
    ? new Bevygap({ ...core, matchmaker, limits: options, log })
    : undefined;
  const joins = new JoinCounts();
  const rooms = core.rooms.unlisted(BELLHOP);
  const mayCreate = createTokenCheck(options.createToken);
  const wmbp = new Wmbp({
    ...core,
    admission: core.clientAdmission,
    limits: options,
    mayCreate,
    serverApi,
    claimCode,
  });
  const signaling = new Signaling({ ...core, mayCreate, observer: log });
  const bellhop = new Bellhop({
    rooms,
    admission: core.admission,
    // Reading pauses well before a connection is closed.
    limits: { ...options, hostBacklog: Math.min(options.hostBacklog, options.playerBacklog / 2) },
    mayCreate,
    joins,
    log,
  });
  const bellhopCounts: DialectCounts = {
    rooms: () => rooms.size,
    players: () => rooms.totals.players,
    connections: () => ({ peer: core.acceptor.connections.counts.peer }),
    joins: () => joins.results,
    traffic: () => rooms.totals.traffic,
  };
  const counts = new Map(enabled.has(BELLHOP) ? [[BELLHOP, bellhopCounts]] : []);
  return { enabled, wmbp, bellhop, signaling, bevygap, counts };
}
