import { renderUnicodeCompact } from 'uqr';

/** White modules around the code: the fewest that phones need to detect it. */
const QUIET_ZONE = 2;

/** White on black by colour number, because a terminal may redefine the named colours. */
const WHITE_ON_BLACK = '\x1b[38;5;231;48;5;16m';
const RESET = '\x1b[0m';

/** The lines of a QR code for a terminal. Each line contains two rows of modules. */
export function qrCode(text: string): string[] {
  const lines = renderUnicodeCompact(text, { border: QUIET_ZONE }).split('\n');
  return lines.map((line) => `${WHITE_ON_BLACK}${line}${RESET}`);
}
