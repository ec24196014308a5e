import { fileURLToPath } from 'node:url';
import { answerHelp } from './harness/help.js';
import { measure } from './harness/measure.js';

const HELP = `usage: node bench/prove.js

Proves that the generator notices what it is there to notice: lets it loose on a relay that does
one thing wrong with one frame in 10,000. Without a fault the run has to succeed, and with any
fault it has to fail. Exits with 1 if one of them did otherwise. Takes a minute, and no options.
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
