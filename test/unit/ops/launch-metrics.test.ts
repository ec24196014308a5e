import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { counters, gauges } from '../../../src/ops/add-metric.js';
import { addLaunch, type LaunchCounts } from '../../../src/ops/launch-metrics.js';
import { fleetOf, players, settle } from '../../support/fleet.js';

/** The lines of a scrape. */
async function scrape(counts: LaunchCounts): Promise<() => Promise<string[]>> {
  const registry = new Registry();
  addLaunch(registry, gauges(registry), counters(registry), counts);
  return async () => (await registry.metrics()).split('\n');
}

/** What the relay reads of a fleet. */
function countsOf({ fleet }: ReturnType<typeof fleetOf>, usable?: boolean): LaunchCounts {
  return {
    games: () => fleet.counts,
    requests: () => fleet.results,
    natsUsable: () => usable,
    onReady(observe) {
      fleet.onReady = observe;
    },
  };
}

test('every series of a game is there from the start', async () => {
  const read = await scrape(countsOf(fleetOf(), false));
  const lines = await read();
  for (const state of ['starting', 'ready', 'stopping']) {
    expect(lines).toContain(`lobby_relay_launch_servers{game="g/1",state="${state}"} 0`);
  }
  for (const state of ['waiting', 'reserved', 'claimed']) {
    expect(lines).toContain(`lobby_relay_launch_sessions{game="g/1",state="${state}"} 0`);
  }
  for (const result of ['ready', 'left', '408', '409', '500', '502', '503']) {
    expect(lines).toContain(`lobby_relay_launch_requests_total{result="${result}"} 0`);
  }
  expect(lines).toContain('lobby_relay_launch_ready_seconds_count{game="g/1"} 0');
  expect(lines).toContain('lobby_relay_launch_nats_usable 0');
});

test('servers, sessions, requests and times are counted', async () => {
  const parts = fleetOf({ players: 1 });
  const read = await scrape(countsOf(parts));
  await players(parts.fleet, 3);
  parts.timers.pass(3);
  parts.launcher.at(0).run();
  await settle();
  const lines = await read();
  expect(lines).toContain('lobby_relay_launch_servers{game="g/1",state="starting"} 1');
  expect(lines).toContain('lobby_relay_launch_servers{game="g/1",state="ready"} 1');
  expect(lines).toContain('lobby_relay_launch_sessions{game="g/1",state="reserved"} 1');
  expect(lines).toContain('lobby_relay_launch_requests_total{result="409"} 1');
  expect(lines).toContain('lobby_relay_launch_requests_total{result="ready"} 1');
  expect(lines).toContain('lobby_relay_launch_ready_seconds_bucket{le="2.5",game="g/1"} 0');
  expect(lines).toContain('lobby_relay_launch_ready_seconds_bucket{le="5",game="g/1"} 1');
  expect(lines.join()).not.toContain('nats');
});
