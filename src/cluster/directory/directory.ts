import type { RoomCode } from '../../rooms/ids.js';
import type { Bucket, BucketEntry } from '../bus/bus.js';
import {
  type BlockRecord,
  type MoveRecord,
  type Place,
  readBlock,
  readMove,
  writeRecord,
} from './records.js';

/** A block of codes: those that start with the same two letters. */
export type Block = string;

/** The length of a block's name. */
export const BLOCK_LENGTH = 2;

export function blockOf(code: RoomCode): Block {
  return code.slice(0, BLOCK_LENGTH);
}

/** The relay that has the room with a code, if there is such a room. */
export interface Home extends Place {
  /** Increases with each move of the room, from 1. The highest epoch is valid. */
  readonly epoch: number;
}

/** Gets changes of the directory. */
export interface DirectoryObserver {
  blockChanged?(block: Block, record: BlockRecord | undefined, revision: number): void;
  /** A room has moved, or its move has ended. After a reconnect, that may be reported again. */
  moved?(code: RoomCode, record: MoveRecord, before: MoveRecord | undefined): void;
}

const BLOCK = /^[A-Z]{2}$/;
const CODE = /^[A-Z]{4,8}$/;

/**
 * The relay of each code, in memory. A code belongs to the owner of its block, unless its room has moved
 * to another relay.
 */
export class Directory {
  readonly #bucket: Bucket;
  readonly #observer: DirectoryObserver;
  readonly #blocks = new Map<Block, BlockRecord>();
  readonly #moves = new Map<RoomCode, MoveRecord>();
  #stop: (() => void) | undefined;

  private constructor(bucket: Bucket, observer: DirectoryObserver) {
    this.#bucket = bucket;
    this.#observer = observer;
  }

  /** Reads the directory, and follows its changes. Rejects with a `BusError`. */
  static async open(bucket: Bucket, observer: DirectoryObserver = {}): Promise<Directory> {
    const directory = new Directory(bucket, observer);
    directory.#stop = await bucket.watch((entry) => directory.#changed(entry));
    return directory;
  }

  /** `undefined` if no relay has the code, so that there is no such room. */
  home(code: RoomCode): Home | undefined {
    const { epoch = 0, place } = this.#moves.get(code) ?? {};
    if (place !== undefined) return { ...place, epoch };
    const owner = this.#blocks.get(blockOf(code))?.owner;
    return owner && { run: owner.run, url: owner.url, epoch: epoch + 1 };
  }

  /**
   * Asks the bucket for the relay of a code that nobody has, as far as this relay knows: it may hear late of
   * one that has just started. Rejects with a `BusError`.
   */
  async lookUp(code: RoomCode): Promise<void> {
    const entry = await this.#bucket.get(blockOf(code));
    if (entry !== undefined && this.home(code) === undefined) this.#changed(entry);
  }

  /** The latest move of a room with this code, if there ever was one. */
  moveOf(code: RoomCode): MoveRecord | undefined {
    return this.#moves.get(code);
  }

  /** All moves of rooms that have not ended, as far as their relays could say. */
  get moves(): (readonly [RoomCode, Place & { readonly epoch: number }])[] {
    return [...this.#moves].flatMap(([code, { epoch, place }]) =>
      place === undefined ? [] : [[code, { ...place, epoch }] as const],
    );
  }

  /** All blocks that were ever claimed. */
  get blocks(): ReadonlyMap<Block, BlockRecord> {
    return this.#blocks;
  }

  /**
   * Moves a room from its current relay, where it has the epoch `from`. Rejects with a `BusError`.
   *
   * @returns the new epoch; `undefined` if the room has been moved already
   */
  async move(code: RoomCode, from: number, place: Place): Promise<number | undefined> {
    const epoch = from + 1;
    const entry = await this.#bucket.get(code);
    const before = entry && readMove(entry.value);
    if (before !== undefined && before.epoch >= epoch) return undefined;
    const record = { epoch, place };
    if ((await this.#write(code, writeRecord(record), entry)) === undefined) return undefined;
    // What this relay writes about the room from now on has the new epoch, before the bucket reports it.
    this.#moved(code, record);
    return epoch;
  }

  /**
   * Records that a moved room has ended. Rejects with a `BusError`.
   *
   * @returns false if this was not the latest epoch
   */
  async endMove(code: RoomCode, epoch: number): Promise<boolean> {
    const entry = await this.#bucket.get(code);
    if (entry === undefined || readMove(entry.value)?.epoch !== epoch) return false;
    const value = writeRecord({ epoch, place: undefined });
    return (await this.#write(code, value, entry)) !== undefined;
  }

  /**
   * Writes the moves to this run again that the bucket has lost: all of them, or the latest ones, if its
   * server has ended before they were on the disk. Rejects with a `BusError`.
   */
  async confirmMoves(run: string): Promise<void> {
    for (const [code, { epoch, ...place }] of this.moves) {
      if (place.run !== run) continue;
      const entry = await this.#bucket.get(code);
      const stored = entry && readMove(entry.value);
      if (stored !== undefined && stored.epoch >= epoch) continue;
      await this.#write(code, writeRecord({ epoch, place }), entry);
    }
  }

  close(): void {
    this.#stop?.();
  }

  #write(code: RoomCode, value: string, entry: BucketEntry | undefined) {
    if (entry === undefined) return this.#bucket.create(code, value);
    return this.#bucket.update(code, value, entry.revision);
  }

  #changed({ key, value, revision }: BucketEntry): void {
    if (BLOCK.test(key)) {
      const record = readBlock(value);
      if (record === undefined) this.#blocks.delete(key);
      else this.#blocks.set(key, record);
      this.#observer.blockChanged?.(key, record, revision);
    } else if (CODE.test(key)) {
      const record = readMove(value);
      if (record !== undefined) this.#reported(key as RoomCode, record);
    }
  }

  /** What is reported may be late, or have been lost: the highest epoch is valid. */
  #reported(code: RoomCode, record: MoveRecord): void {
    const { epoch = 0 } = this.#moves.get(code) ?? {};
    if (record.epoch >= epoch) this.#moved(code, record);
  }

  #moved(code: RoomCode, record: MoveRecord): void {
    const before = this.#moves.get(code);
    this.#moves.set(code, record);
    this.#observer.moved?.(code, record, before);
  }
}
