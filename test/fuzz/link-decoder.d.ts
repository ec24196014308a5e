export type Frame = readonly [kind: string, ...fields: unknown[]];
export interface Batch {
  readonly head: readonly number[];
  readonly frames: readonly Frame[];
}
export function decodeBatch(batch: Uint8Array, longest: number): Batch;
