import { constants, setPriority } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIB } from '../../src/units.js';
import { oldSpaceFlags, RelayProcess, type RelayProcessSetup } from '../support/relay-process.js';
import { HealthyRooms } from './healthy-rooms.js';

/**
 * A wait of healthy players that counts as a failure on any machine, in milliseconds. The actual waits are
 * printed, for comparison on an idle machine; a busy one must not make tests fail.
 */
const MOST_TO_WAIT = 15_000;

/** The longest that a healthy player is to wait on a quiet machine, in milliseconds. */
export const WAIT_BOUND = 50;

/** A wait this long fails the test, in milliseconds: ten times the bound, so that noise does not. */
export const WAIT_FAILS = 10 * WAIT_BOUND;

/** Memory that an attack may leave behind, in bytes. */
const LEFT_WAITING = 256 * 1024;
const LEFT_HELD = 12 * 1024 * 1024;

/**
 * How long memory may take to be freed, in milliseconds: clients that do not read have 15 s to
 * close.
 */
const TIME_TO_RECOVER = 40_000;

/** The interval of memory checks, in milliseconds: garbage collection takes the relay's time. */
const LOOK_EVERY = 100;

/** How long one attack may take on a busy machine, in milliseconds. */
const TIMEOUT = 120_000;

/** The number of healthy rooms during an attack, by default. */
export const HEALTHY_ROOMS = 50;

export interface ArenaSetup extends RelayProcessSetup {
  /** The number of healthy rooms during the attack. */
  readonly rooms?: number;
  /** The query that healthy hosts add to `/CREATE?`. */
  readonly query?: string;
  /** Whether the attack ends the relay, so that it cannot be checked afterwards. */
  readonly ends?: boolean;
  /** A healthy player that waits so long fails the test, in milliseconds: see `WAIT_FAILS`. */
  readonly mostToWait?: number;
}

export interface Arena {
  readonly relay: RelayProcess;
  readonly healthy: HealthyRooms;
}

/** Defines one attack as a test, whose name is a sentence. */
export type Attack = (name: string, attack: (arena: Arena) => Promise<unknown>) => void;

interface Row {
  readonly attack: string;
  readonly verified: number;
  /** The worst wait of a healthy player. */
  readonly worst: number;
  /** The longest turns of the relay's event loop and of the healthy players' process. */
  readonly lag: number;
  readonly late: number;
  readonly held: number;
  readonly resident: number;
}

const rows: Row[] = [];

afterAll(() => {
  if (rows.length === 0) return;
  const lines = rows.map(({ attack, verified, worst, lag, late, held, resident }) =>
    [
      worst.toFixed(0).padStart(6),
      lag.toFixed(0).padStart(6),
      late.toFixed(0).padStart(6),
      String(verified).padStart(9),
      (held / MIB).toFixed(0).padStart(6),
      (resident / MIB).toFixed(0).padStart(6),
      `  ${attack}`,
    ].join(''),
  );
  const head = '  wait   lag  late verified  held   RSS  (ms, ms, ms, messages, MiB, MiB)';
  console.log([head, ...lines].join('\n'));
});

/**
 * Starts a relay in one process and healthy rooms in another, for all attacks of a file. After each
 * attack, checks that no message is lost or late, and that no memory is left behind.
 */
export function arena(
  options: readonly string[] = [],
  {
    rooms = HEALTHY_ROOMS,
    query = '',
    ends = false,
    mostToWait = MOST_TO_WAIT,
    ...setup
  }: ArenaSetup = {},
): Attack {
  let relay: RelayProcess | undefined;
  let healthy: HealthyRooms | undefined;
  let died: Promise<never> | undefined;
  let heldBefore = 0;

  beforeAll(async () => {
    relay = await RelayProcess.start(['--limit-loopback', ...options], setup);
    died = relay.ended.then(({ code, signal }) => {
      throw new Error(`the relay has ended by ${code ?? signal}`);
    });
    died.catch(() => {});
    healthy = await HealthyRooms.start({ url: relay.url, rooms, query });
    favor(relay.pid);
    favor(healthy.pid);
    await relay.worstLag();
    healthy.begin();
    const { verified, worst, late } = await healthy.report(rooms * 20);
    const lag = await relay.worstLag();
    const { inUse: held, resident } = await relay.memory();
    heldBefore = held;
    const attacked = `(nobody attacks; ${[...options, ...oldSpaceFlags(setup)].join(' ')})`;
    rows.push({ attack: attacked, verified, worst, lag, late, held, resident });
  }, TIMEOUT);
  afterAll(async () => {
    await healthy?.stop();
    await relay?.stop();
  });

  return (name, attack) => {
    test(
      name,
      async () => {
        if (relay === undefined || healthy === undefined) throw new Error('nothing to attack');
        await relay.worstLag();
        healthy.begin();
        try {
          const over = attack({ relay, healthy });
          await (ends ? over : Promise.race([over, died]));
        } finally {
          // This is the cause of any other failure.
          expect(relay.faults).toEqual([]);
        }
        if (ends) return;
        const { verified, worst, late, faults } = await healthy.report(rooms * 10);
        const lag = await relay.worstLag();
        expect(faults).toEqual([]);
        expect(verified).toBeGreaterThan(0);
        const { held, resident } = await recovered(relay, heldBefore);
        rows.push({ attack: name, verified, worst, lag, late, held, resident });
        // The delay of their own process is not the relay's: the machine was busy.
        expect(worst - late).toBeLessThan(mostToWait);
      },
      TIMEOUT,
    );
  };
}

/**
 * Lets a process run before all others, if the system permits it. Attackers of a real relay use processors
 * of other machines; here, they would otherwise take those of the relay and of the healthy rooms.
 */
function favor(pid: number): void {
  try {
    // 0 would be this process.
    if (pid > 0) setPriority(pid, constants.priority.PRIORITY_HIGHEST);
  } catch {
    // Without this, the waits in the table are longer.
  }
}

/** Waits until the memory is back at its earlier level, and returns it. */
async function recovered(
  relay: RelayProcess,
  heldBefore: number,
): Promise<{ held: number; resident: number }> {
  const deadline = performance.now() + TIME_TO_RECOVER;
  for (;;) {
    const backlog = await relay.metric('lobby_relay_backlog_bytes');
    const { inUse: held, resident } = await relay.memory();
    if (backlog <= LEFT_WAITING && held <= heldBefore + LEFT_HELD) return { held, resident };
    if (performance.now() > deadline) {
      throw new Error(`${backlog} bytes are buffered, and ${held - heldBefore} more are in use`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
