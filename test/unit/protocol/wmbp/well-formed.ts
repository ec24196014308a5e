/** Parts of an item that not every decoder can read. */
export interface ItemForms {
  /** How many bytes the item takes. */
  length: number;
  /** Text or bytes in chunks. */
  chunks: boolean;
  /** Simple values other than false, true, null and undefined. */
  simpleValues: boolean;
  /** Heads with an argument of eight bytes. */
  wideHeads: boolean;
  /** A tag on something of indefinite length. */
  taggedIndefinite: boolean;
  /** Tags other than those of typed arrays and records. */
  otherTags: boolean;
}

/**
 * Walks over the first item of a frame by the rules of RFC 8949 appendix C, and throws if it is
 * not well-formed.
 */
export function wellFormed(frame: Uint8Array): ItemForms {
  const walker = new Walker(frame);
  walker.item();
  return walker.forms;
}

const BREAK = -1;
const INDEFINITE = 99;

class Walker {
  readonly forms: ItemForms = {
    length: 0,
    chunks: false,
    simpleValues: false,
    wideHeads: false,
    taggedIndefinite: false,
    otherTags: false,
  };

  constructor(private readonly frame: Uint8Array) {}

  /** Returns the item's major type, INDEFINITE, or BREAK where one may stand. */
  item(breakable = false): number {
    const initial = this.#take(1);
    const major = initial >> 5;
    const info = initial & 31;
    if (info > 27 && info < 31) throw new Error('reserved additional information');
    if (info === 31) return this.#indefinite(major, breakable);
    const argument = info < 24 ? info : this.#take(2 ** (info - 24));
    if (info === 27 && major !== 7) this.forms.wideHeads = true;
    switch (major) {
      case 0:
      case 1:
        break;
      case 2:
      case 3:
        this.#take(argument);
        break;
      case 4:
        for (let i = 0; i < argument; i++) this.item();
        break;
      case 5:
        for (let i = 0; i < argument * 2; i++) this.item();
        break;
      case 6:
        if (argument !== 64 && argument !== 57343) this.forms.otherTags = true;
        if (this.item() === INDEFINITE) this.forms.taggedIndefinite = true;
        break;
      default:
        if (info === 24 && argument < 32) throw new Error('a bad simple value');
        if (info < 20 || info === 24) this.forms.simpleValues = true;
    }
    return major;
  }

  #indefinite(major: number, breakable: boolean): number {
    switch (major) {
      case 2:
      case 3:
        this.forms.chunks = true;
        for (let chunk = this.item(true); chunk !== BREAK; chunk = this.item(true)) {
          if (chunk !== major) throw new Error('a chunk of another kind');
        }
        break;
      case 4:
        while (this.item(true) !== BREAK);
        break;
      case 5:
        while (this.item(true) !== BREAK) this.item();
        break;
      default:
        if (major === 7 && breakable) return BREAK;
        throw new Error('indefinite length where there is none');
    }
    return INDEFINITE;
  }

  /** Reads a number of bytes as an unsigned integer. */
  #take(count: number): number {
    const start = this.forms.length;
    if (count > this.frame.length - start) throw new Error('not enough bytes');
    this.forms.length += count;
    let value = 0;
    for (let i = 0; i < Math.min(count, 8); i++) {
      value = value * 256 + (this.frame[start + i] as number);
    }
    return value;
  }
}
