/** What a player's page keeps over a reload. */
export interface SeatMemory {
  /** Whoever has it has the seat. */
  readonly key: string;
  /** Whether the host has this SDK: then what the relay has kept for the seat is in envelopes. */
  readonly hostIsExact: boolean;
}

export function writeSeat({ key, hostIsExact }: SeatMemory): string {
  return hostIsExact ? `${key} exact` : key;
}

export function readSeat(text: string): SeatMemory {
  const [key = '', host] = text.split(' ');
  return { key, hostIsExact: host === 'exact' };
}
