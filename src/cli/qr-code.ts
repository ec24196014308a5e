import { renderUnicodeCompact } from 'uqr';

/** Modules of white around the code: what phones need to find it, and no line of terminal more. */
const QUIET = 2;

/** White on black by number: a terminal's own colours may be the other way round. */
const WHITE_ON_BLACK = '\x1b[38;5;231;48;5;16m';
const AS_BEFORE = '\x1b[0m';

/** A QR code for a terminal, line by line; two rows of modules are one line. */
export function qrCode(text: string): string[] {
  const lines = renderUnicodeCompact(text, { border: QUIET }).split('\n');
  return lines.map((line) => `${WHITE_ON_BLACK}${line}${AS_BEFORE}`);
}
