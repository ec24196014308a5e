import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Reads `+ PID` and `- PID`, and when there is nothing more to read, because the relay has ended in
 * whatever way, ends the process groups that are left. The grace is its argument, in seconds.
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
sleep "$1"
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
    const guard = spawn('/bin/sh', ['-c', SCRIPT, 'lobby-relay-guard', String(this.#grace)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      // Ctrl+C in a terminal reaches every process of the relay's group.
      detached: true,
    });
    this.#guard = guard;
    const lost = (why: string): void => {
      if (this.#guard !== guard) return;
      // The next server starts another one.
      this.#guard = undefined;
      this.#failed(`no guard ends its servers if the relay crashes: ${why}`);
    };
    guard.once('error', ({ message }) => lost(message));
    guard.once('exit', () => lost('it has ended'));
    guard.stdin?.on('error', () => undefined);
    guard.unref();
    // At run time it is a socket, which would keep the relay's process alive.
    (guard.stdin as Socket | null)?.unref?.();
    for (const pid of this.#pids) this.#write(`+ ${pid}`);
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
