import { setFlagsFromString } from 'node:v8';

/*
 * To be imported before everything else: keeps V8's young generation as small as it is then. That
 * is two halves of 2 MiB with Node 20, and of 8 with Node 24.
 *
 * V8 takes what survives, which are connections and messages on their way, for a sign that more
 * room is needed, and goes to two halves of 16 MiB. What a relay throws away is of another kind: a
 * small object for each message, with a buffer outside of the heap. In large halves there are
 * thousands of these before they are collected, and then to free them holds up everybody; of longer
 * messages there are so many bytes that V8 marks the whole heap 16 times a second to find more. See
 * docs/performance.md.
 *
 * (The option `--max-semi-space-size` can only be given to Node itself, and is in force whatever
 * comes; this one V8 asks for whenever it would grow.)
 */
setFlagsFromString('--semi-space-growth-factor=1');
