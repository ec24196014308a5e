// Types of libraries that have none, as far as tests use them.

declare module 'cbor-js' {
  const cbor: {
    encode(value: unknown): ArrayBuffer;
    decode(bytes: ArrayBuffer): unknown;
  };
  export default cbor;
}

declare module 'cborg-1.9' {
  export function encode(value: unknown): Uint8Array;
  export function decode(bytes: Uint8Array): unknown;
}

declare module 'json-merge-patch' {
  const patches: {
    apply(target: unknown, patch: unknown): unknown;
    generate(before: unknown, after: unknown): unknown;
  };
  export default patches;
}
