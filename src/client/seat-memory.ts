/** What a player's page keeps over a reload. */
export interface SeatMemory {
  /** Whoever has it has the seat. */
  readonly key: string;
  /** Whether the host has this SDK: then what the relay has kept for the seat is in envelopes. */
  readonly hostIsExact: boolean;
}

export function writeSeat({ key, hostIsExact }: SeatMemory): string {
  return JSON.stringify({ key, hostIsExact });
}

/** `undefined` if there is none, or it is none of ours. */
export function readSeat(text: string | undefined): SeatMemory | undefined {
  try {
    const { key, hostIsExact } = JSON.parse(text ?? '');
    return typeof key === 'string' ? { key, hostIsExact: hostIsExact === true } : undefined;
  } catch {
    return undefined;
  }
}
