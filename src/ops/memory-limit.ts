import { getHeapStatistics } from 'node:v8';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { oldGeneration } from './heap.js';

/** How often memory is checked, in milliseconds. */
const INTERVAL = 100;

/** The fraction of the limit above which the relay refuses new rooms and players. */
const NEARLY_FULL = 0.8;

/** A connection with its buffers. */
interface BufferOwner {
  readonly bufferedBytes: number;
  closeAndDrop(reason: CloseReason): void;
}

export interface MemoryLimitParts {
  /** The largest size of all buffers together, in bytes. */
  readonly memory: number;
  /** All connections, and the size of their buffers together, in bytes. */
  readonly connections: { all(): Iterable<BufferOwner>; readonly buffered: number };
  /** The size of the buffers of disconnected peers, and how to free some of it, in bytes. */
  readonly offlineBuffers: { bytes(): number; evict(excess: number): number };
}

/** Limits the size of all buffers together. */
export class MemoryLimit {
  /** Whether the buffers are nearly full. */
  isNearlyFull = false;
  readonly #parts: MemoryLimitParts;

  constructor(parts: MemoryLimitParts) {
    this.#parts = parts;
  }

  /** Starts checking; returns a function that stops it. */
  start(): () => void {
    const timer = setInterval(() => this.check(), INTERVAL).unref();
    return () => clearInterval(timer);
  }

  /**
   * Frees memory if too much is buffered: first buffers of disconnected peers, then by closing the
   * connections with the largest buffers.
   *
   * Buffers are external memory, in which a shared message exists once. But external memory also
   * contains garbage, and the sum over all connections counts shared messages several times. So the
   * lower of the two applies. (`getHeapStatistics` needs no file descriptor, as
   * `process.memoryUsage` does.)
   */
  check(): void {
    const { memory, connections, offlineBuffers } = this.#parts;
    const { external_memory: external } = getHeapStatistics();
    const heap = oldGeneration();
    const nearlyFull = memory * NEARLY_FULL;
    // The sum visits every connection, so it is only computed if it can matter.
    const buffered =
      external > nearlyFull ? Math.min(external, connections.buffered + offlineBuffers.bytes()) : 0;
    this.isNearlyFull = buffered > nearlyFull;
    let excess = buffered - memory;
    // Small messages in offline buffers are on the heap.
    const heapExcess = heap.used - heap.limit * NEARLY_FULL;
    const toFree = Math.max(excess, heapExcess);
    if (toFree > 0) excess -= offlineBuffers.evict(toFree);
    if (excess > 0) this.#closeLargest(excess);
  }

  #closeLargest(excess: number): void {
    const connections = [...this.#parts.connections.all()];
    connections.sort((a, b) => b.bufferedBytes - a.bufferedBytes);
    for (const connection of connections) {
      if (excess <= 0 || connection.bufferedBytes === 0) return;
      excess -= connection.bufferedBytes;
      connection.closeAndDrop(CLOSE_REASONS.tooSlow);
    }
  }
}
