import { fileURLToPath } from 'node:url';
import { answerHelp } from './harness/help.js';
import { measure } from './harness/measure.js';

const HELP = `usage: node bench/prove.js

Tests that the generator detects faults. It runs the generator against a relay with one fault in
10,000 frames. Without a fault the run must succeed, and with any fault it must fail; otherwise the
exit status is 1. Takes a minute. There are no options.
`;

const EVERY = 10_000;
const BROKEN = fileURLToPath(new URL('peers/broken.js', import.meta.url));
const FAULTS = ['none', 'drop', 'double', 'reorder', 'alter', 'shorten', 'misroute', 'close'];
const RUN = { seconds: 1, warm: 0.2 };
const SCENARIOS = {
  up: { scenario: 'up', rooms: 5, players: 8, ...RUN },
  'up, bytes': { scenario: 'up', rooms: 5, players: 8, size: 1024, binary: true, ...RUN },
  fan: { scenario: 'fan', rooms: 5, players: 8, window: 4, ...RUN },
  echo: { scenario: 'echo', rooms: 25, players: 8, hz: 60, ...RUN },
};

answerHelp(HELP);
let asExpected = true;
for (const [scenario, options] of Object.entries(SCENARIOS)) {
  for (const fault of FAULTS) {
    const command = (port) => [BROKEN, String(port), fault, String(EVERY)];
    const server = { name: `broken: ${fault}`, dialect: 'wmbp', command };
    const { failure } = await measure(server, options);
    const right = (failure === undefined) === (fault === 'none');
    asExpected &&= right;
    console.log(`${right ? 'ok  ' : 'FAIL'} ${scenario}, ${fault}: ${failure ?? 'all verified'}`);
  }
}
process.exitCode = asExpected ? 0 : 1;
