/** What a host's page keeps over a reload. */
export interface RoomMemory {
  readonly code: string;
  /** Opens the room again. */
  readonly token: string;
  /** The marks of the players who have this SDK, by their ids. */
  readonly marks: Map<number, number>;
}

export function writeMemory({ code, token, marks }: RoomMemory): string {
  return JSON.stringify({ code, token, marks: [...marks] });
}

/** `undefined` if there is none, or it is none of ours. */
export function readMemory(text: string | undefined): RoomMemory | undefined {
  try {
    const { code, token, marks } = JSON.parse(text ?? '');
    if (typeof code !== 'string' || typeof token !== 'string') return undefined;
    return { code, token, marks: new Map(marks) };
  } catch {
    return undefined;
  }
}
