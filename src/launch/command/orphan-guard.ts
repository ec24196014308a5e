import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Reads `+ PID` and `- PID`, and when there is nothing more to read, because the relay has ended in
 * whatever way, ends the process groups that are left. The grace is its argument, in seconds. Within
 * it, groups that have ended are left out: their numbers may soon belong to others.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
pids=
while read -r sign pid; do
  if [ "$sign" = + ]; then pids="$pids $pid"; continue; fi
  left=
  for each in $pids; do [ "$each" = "$pid" ] || left="$left $each"; done
  pids=$left
done
[ -n "$pids" ] || exit 0
for pid in $pids; do kill -TERM "-$pid"; done
seconds=$1
while [ "$seconds" -gt 0 ]; do
  sleep 1
  seconds=$((seconds - 1))
  left=
  for pid in $pids; do if kill -0 "-$pid"; then left="$left $pid"; fi; done
  pids=$left
  [ -n "$pids" ] || exit 0
done
for pid in $pids; do kill -KILL "-$pid"; done
`;

/**
 * A small process beside the relay that ends its servers if the relay crashes or is killed: nothing
 * in the relay itself can do that. It is a shell, which takes 1 MiB, and starts with the first server.
 * Only on systems with process groups, so not on Windows.
 */
export class OrphanGuard {
  readonly #grace: number;
  readonly #failed: (why: string) => void;
  readonly #pids = new Set<number>();
  #guard: ChildProcess | undefined;

  /**
   * @param grace how long servers may take to end, in whole seconds
   * @param failed is told once that there is no guard
   */
  constructor(grace: number, failed: (why: string) => void) {
    this.#grace = grace;
    this.#failed = failed;
  }

  /** This process, which leads its group, has been started. */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#guard === undefined) this.#start();
    else this.#write(`+ ${pid}`);
  }

  /** This process and its group have ended. */
  remove(pid: number): void {
    if (!this.#pids.delete(pid)) return;
    this.#write(`- ${pid}`);
    if (this.#pids.size === 0) this.#stop();
  }

  #start(): void {
    if (process.platform === 'win32') return;
    let guard: ChildProcess;
    try {
      guard = spawnGuard(this.#grace);
    } catch (error) {
      // No memory for a process: a server must not fail for that, which runs already.
      return this.#lost((error as Error).message);
    }
    this.#guard = guard;
    const lost = (why: string): void => {
      if (this.#guard === guard) this.#lost(why);
    };
    guard.once('error', ({ message }) => lost(message));
    guard.once('exit', () => lost('it has ended'));
    guard.stdin?.on('error', () => undefined);
    guard.unref();
    // At run time it is a socket, which would keep the relay's process alive.
    (guard.stdin as Socket | null)?.unref?.();
    for (const pid of this.#pids) this.#write(`+ ${pid}`);
  }

  /** The next server starts another one. */
  #lost(why: string): void {
    this.#guard = undefined;
    this.#failed(`no guard ends its servers if the relay crashes: ${why}`);
  }

  #stop(): void {
    const guard = this.#guard;
    this.#guard = undefined;
    guard?.stdin?.end();
  }

  #write(line: string): void {
    this.#guard?.stdin?.write(`${line}\n`);
  }
}

function spawnGuard(grace: number): ChildProcess {
  return spawn('/bin/sh', ['-c', SCRIPT, 'lobby-relay-guard', String(grace)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    // Ctrl+C in a terminal reaches every process of the relay's group.
    detached: true,
  });
}
