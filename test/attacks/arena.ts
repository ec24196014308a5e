import { afterAll, beforeAll, expect, test } from 'vitest';
import { RelayProcess, type RelayProcessSetup } from '../support/relay-process.js';
import { HealthyRooms } from './healthy-rooms.js';

/**
 * What nobody may have to wait, in milliseconds: a standstill. How long they do wait is printed, to
 * be looked at on a machine that has nothing else to do; a busy one must not make tests fail.
 */
const MOST_TO_WAIT = 15_000;

/** What an attack may leave behind, in bytes. */
const LEFT_WAITING = 256 * 1024;
const LEFT_HELD = 12 * 1024 * 1024;

/** How long memory may take to come back, in milliseconds: who does not read is given 15 s to go. */
const TIME_TO_RECOVER = 40_000;

/** How long a machine with little to spare may take for one attack, in milliseconds. */
const TIMEOUT = 120_000;

/** How many healthy rooms play meanwhile, unless an arena says otherwise. */
export const HEALTHY_ROOMS = 50;

const MIB = 1024 * 1024;

export interface ArenaSetup extends RelayProcessSetup {
  /** How many healthy rooms play meanwhile. */
  readonly rooms?: number;
  /** What healthy hosts put behind `/CREATE?`. */
  readonly query?: string;
  /** Whether the attack ends the relay: nothing of it is left to look at then. */
  readonly ends?: boolean;
}

export interface Arena {
  readonly relay: RelayProcess;
  readonly healthy: HealthyRooms;
}

/** One attack, as a test: its name is a sentence. */
export type Attack = (name: string, attack: (arena: Arena) => Promise<unknown>) => void;

interface Row {
  readonly attack: string;
  readonly verified: number;
  /** The worst wait of a healthy player. */
  readonly worst: number;
  /** How long the relay, and how long the healthy players' own process was busy with one thing. */
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
 * A relay in its own process, with healthy rooms in another, for all attacks that are written with
 * what this returns. After each of them nothing is lost, late or left behind.
 */
export function arena(
  options: readonly string[] = [],
  { rooms = HEALTHY_ROOMS, query = '', ends = false, ...setup }: ArenaSetup = {},
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
    await relay.worstLag();
    healthy.begin();
    const { verified, worst, late } = await healthy.report(rooms * 20);
    const lag = await relay.worstLag();
    await relay.collectGarbage();
    const { held, resident } = await relay.memory();
    heldBefore = held;
    const attacked = `(nobody attacks; ${options.join(' ')})`;
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
          // Whatever else goes wrong, this is why.
          expect(relay.faults).toEqual([]);
        }
        if (ends) return;
        const { verified, worst, late, faults } = await healthy.report(rooms * 10);
        const lag = await relay.worstLag();
        expect(faults).toEqual([]);
        expect(verified).toBeGreaterThan(0);
        const { held, resident } = await recovered(relay, heldBefore);
        rows.push({ attack: name, verified, worst, lag, late, held, resident });
        expect(worst).toBeLessThan(MOST_TO_WAIT);
      },
      TIMEOUT,
    );
  };
}

/** Waits until the memory is back where it was, and says how much there is. */
async function recovered(
  relay: RelayProcess,
  heldBefore: number,
): Promise<{ held: number; resident: number }> {
  const deadline = performance.now() + TIME_TO_RECOVER;
  for (;;) {
    await relay.collectGarbage();
    const { backlog, held, resident } = await relay.memory();
    if (backlog <= LEFT_WAITING && held <= heldBefore + LEFT_HELD) return { held, resident };
    if (performance.now() > deadline) {
      throw new Error(`${backlog} bytes still wait, and ${held - heldBefore} more are held`);
    }
  }
}
