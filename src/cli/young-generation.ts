import { setFlagsFromString } from 'node:v8';

/*
 * Must be imported first. Keeps V8's young generation at its initial size: two halves of 2 MiB with
 * Node 20, of 8 MiB with Node 24.
 *
 * V8 enlarges it to halves of 16 MiB when many objects survive, here connections and messages in
 * transit. But most garbage of a relay is a small object per message with a buffer outside of the
 * heap. With large halves, thousands of them are freed at once, which delays all connections. With
 * longer messages, so many bytes wait to be freed that V8 marks the whole heap 16 times per second.
 * See docs/performance.md.
 *
 * (`--max-semi-space-size` only works on Node's command line. V8 reads this flag whenever it would
 * enlarge the young generation.)
 */
setFlagsFromString('--semi-space-growth-factor=1');
