import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.js';
import { lobbyRelay, PEERS } from './servers.js';

const HELP = `usage: npm run bench -- [options]

Compares lobby-relay (as built in dist/) with other relays, and prints a table in Markdown.
Exits with 1 if a message was lost, altered, duplicated, misrouted or out of order.

  --quick            fewer scenarios, one short round, only the naive relay: under a minute
  --only NAMES       scenarios, separated by commas: ${Object.keys(SCENARIOS).join(', ')}
  --peers NAMES      relays to compare with, separated by commas: ${Object.keys(PEERS).join(', ')}
  --also NAME=FILE   the dist/cli.js of another lobby-relay to compare with; may be repeated
  --relay FILE       the dist/cli.js of the lobby-relay to measure
  --rounds N         number of rounds; relays are measured in turn (3)
  --seconds S        duration of each measurement, after a warm-up of half of it (4)
  --json FILE        writes the figures of all rounds as JSON
`;

const QUICK_SECONDS = 1.2;

/** The options of `run.js`. Ends the process if an option is invalid. */
export function readArguments() {
  const { values } = parse();
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const { quick, json } = values;
  const all = Object.keys(SCENARIOS);
  const defaults = quick ? all.filter((name) => SCENARIOS[name].quick) : all;
  const peers = choose('peers', values.peers, Object.keys(PEERS), quick ? ['naive'] : undefined);
  const also = values.also.map((pair) => {
    const at = pair.indexOf('=');
    return lobbyRelay(resolve(pair.slice(at + 1)), pair.slice(0, at));
  });
  return {
    quick,
    json,
    scenarios: choose('only', values.only, all, defaults),
    servers: [lobbyRelay(values.relay), ...also, ...peers.map((name) => PEERS[name])],
    rounds: number('rounds', values.rounds, quick ? 1 : 3),
    seconds: number('seconds', values.seconds, quick ? QUICK_SECONDS : 4),
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        peers: { type: 'string' },
        also: { type: 'string', multiple: true, default: [] },
        relay: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

function choose(option, given, all, defaults = all) {
  const names = given === undefined ? defaults : given.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    fail(`--${option}: expected one of ${all.join(', ')}, got ${unknown}`);
  }
  return names;
}

function number(option, given, fallback) {
  const value = given === undefined ? fallback : Number(given);
  return value > 0 ? value : fail(`--${option}: expected a number above 0`);
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
