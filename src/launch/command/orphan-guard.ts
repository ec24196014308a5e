import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Reads lines `+ PID` and `- PID`. At the end of the input, when the relay has ended for any reason, it
 * ends the remaining process groups. Its argument is the grace period in seconds. Groups that end within
 * this time get no SIGKILL, because their numbers may be used again.
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
 * A small process that ends the servers if the relay crashes or is killed, which the relay itself cannot
 * do. It is a shell that takes 1 MiB, and is started with the first server. Not on Windows, which has no
 * process groups.
 */
export class OrphanGuard {
  readonly #grace: number;
  readonly #failed: (reason: string) => void;
  readonly #pids = new Set<number>();
  #guard: ChildProcess | undefined;

  /**
   * @param grace how long servers may take to end, in whole seconds
   * @param failed is called if the guard cannot be started, or has ended
   */
  constructor(grace: number, failed: (reason: string) => void) {
    this.#grace = grace;
    this.#failed = failed;
  }

  /** Guards a process that was started, and its group. */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#guard === undefined) this.#start();
    else this.#write(`+ ${pid}`);
  }

  /** The process and its group have ended. */
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
      // There is no memory for a process. The server, which is running already, must not fail because of it.
      return this.#lost((error as Error).message);
    }
    this.#guard = guard;
    const lost = (reason: string): void => {
      if (this.#guard === guard) this.#lost(reason);
    };
    guard.once('error', ({ message }) => lost(message));
    guard.once('exit', () => lost('it has ended'));
    guard.stdin?.on('error', () => undefined);
    guard.unref();
    // At run time, this is a socket, which would keep the relay's process alive.
    (guard.stdin as Socket | null)?.unref?.();
    for (const pid of this.#pids) this.#write(`+ ${pid}`);
  }

  /** There is no guard any more. The next server starts another one. */
  #lost(reason: string): void {
    this.#guard = undefined;
    this.#failed(`no guard ends its servers if the relay crashes: ${reason}`);
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
    // In a group of its own, because Ctrl+C in a terminal signals all processes of the relay's group.
    detached: true,
  });
}
