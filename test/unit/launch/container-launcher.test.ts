import { describe, expect, onTestFinished, test } from 'vitest';
import type { ContainerConfig } from '../../../src/launch/config/launchers.js';
import { ContainerLauncher } from '../../../src/launch/container/container-launcher.js';
import { DockerEngine } from '../../../src/launch/container/docker-engine.js';
import { removeStaleContainers } from '../../../src/launch/container/stale-containers.js';
import type { ServerHandle, ServerSpec } from '../../../src/launch/launcher.js';
import { gameWith, LaunchEvents, RecordedLog, specWith } from '../../support/launch.js';
import { FakeDocker, send } from './docker.js';

const OWNER = { name: 'a-relay', run: 'this-run' };

interface RunningServer {
  readonly docker: FakeDocker;
  readonly events: LaunchEvents;
  readonly log: RecordedLog;
  readonly server: ServerHandle;
}

function start(
  docker: FakeDocker,
  config: object = {},
  spec: Partial<ServerSpec> = {},
): RunningServer {
  const log = new RecordedLog();
  const game = gameWith(
    { type: 'container', image: 'tanks:1', socket: docker.socket, port: '6420/udp', ...config },
    { ready: 'launcher', publicIp: '203.0.113.7' },
  );
  const launcher = new ContainerLauncher(game, game.launcher as ContainerConfig, {
    engine: new DockerEngine((game.launcher as ContainerConfig).socket),
    owner: OWNER,
    whenCleaned: () => Promise.resolve(),
    log,
  });
  const events = new LaunchEvents();
  const server = launcher.start(specWith(spec), events);
  onTestFinished(() => server.stop());
  return { docker, events, log, server };
}

test('a container is created, started, and removed', async () => {
  const docker = await FakeDocker.start();
  const config = {
    command: ['--port', '{port}'],
    environment: { A: 'for {game}', S: { variable: 'X' } },
    network: 'games',
    memory: 268_435_456,
  };
  const { events, server } = start(docker, config, {
    port: 30_004,
    environment: { LAUNCH_ID: 'a-server' },
  });
  expect(await events.runs).toEqual({ ip: '203.0.113.7', port: 30_004, certDigest: undefined });
  expect(docker.only.options).toEqual({
    Image: 'tanks:1',
    Cmd: ['--port', '30004'],
    Env: ['LAUNCH_ID=a-server', 'A=for tanks', 'S=token s3cret'],
    ExposedPorts: { '6420/udp': {} },
    Labels: {
      'lobby-relay.owner': 'a-relay',
      'lobby-relay.run': 'this-run',
      'lobby-relay.server': 'a-server',
      'lobby-relay.game': 'tanks/1',
    },
    HostConfig: {
      PortBindings: { '6420/udp': [{ HostPort: '30004' }] },
      NetworkMode: 'games',
      Memory: 268_435_456,
      MemorySwap: 268_435_456,
      PidsLimit: 512,
      Init: true,
      RestartPolicy: { Name: 'no' },
      SecurityOpt: ['no-new-privileges'],
    },
  });
  await server.stop();
  expect((await events.end).reason).toMatch(/^(stopped|exited with code 143)$/);
  expect(docker.containers.size).toBe(0);
  expect(docker.calls).toContain('POST stop');
});

test('the engine chooses a port if the relay assigns none', async () => {
  const { events } = start(await FakeDocker.start());
  expect(await events.runs).toMatchObject({ port: 49_153 });
});

test("on the host's network, the port is the server's own port", async () => {
  const docker = await FakeDocker.start();
  const { events } = start(docker, { network: 'host' }, { port: 30_005 });
  expect(await events.runs).toMatchObject({ port: 30_005 });
  expect(docker.only.options['HostConfig']).not.toHaveProperty('PortBindings');
});

test('a container that exits is reported as ended, and removed', async () => {
  const docker = await FakeDocker.start();
  const { events } = start(docker);
  await events.runs;
  docker.exit(docker.only, 7);
  expect((await events.end).reason).toBe('exited with code 7');
  expect(docker.containers.size).toBe(0);
});

test('a container that was removed is reported as ended', async () => {
  const docker = await FakeDocker.start();
  const { events } = start(docker);
  await events.runs;
  docker.overrides['POST wait'] = (response) =>
    send(response, 404, { message: 'No such container' });
  docker.overrides['DELETE'] = (response) => send(response, 404, { message: 'No such container' });
  docker.exit(docker.only, 0);
  await events.end;
});

test('the output of a container is logged without secrets', async () => {
  const docker = await FakeDocker.start();
  const { events, log } = start(docker, {}, { secrets: ['k3y-of-it'] });
  await events.runs;
  await docker.called('GET logs');
  docker.print(docker.only, 'hello\nkey k3y-of-it\n');
  docker.print(docker.only, 'to stderr\n', 2);
  await log.waitFor('stderr');
  expect(log.output).toEqual(['hello', 'key [secret]', 'to stderr']);
});

describe('a health check', () => {
  test('determines when players can connect', async () => {
    const docker = await FakeDocker.start();
    docker.health = 'starting';
    const { events } = start(docker);
    await docker.called('GET json');
    expect(events.all).toEqual(['progress']);
    docker.only.health = 'healthy';
    await events.runs;
  });

  test('that fails ends the server', async () => {
    const docker = await FakeDocker.start();
    docker.health = 'unhealthy';
    const { events } = start(docker);
    expect((await events.end).reason).toBe('its health check fails');
    expect(docker.containers.size).toBe(0);
  });
});

describe('an engine', () => {
  test('that does not have the image is reported with the message of the engine', async () => {
    const docker = await FakeDocker.start();
    const missing = { message: 'No such image: tanks:1' };
    docker.overrides['POST create'] = (response) => send(response, 404, missing);
    const { events } = start(docker);
    expect(await events.end).toEqual({ reason: 'No such image: tanks:1', error: undefined });
  });

  test('that cannot start the container is reported, and the container removed', async () => {
    const docker = await FakeDocker.start();
    const taken = { message: 'port is already allocated' };
    docker.overrides['POST start'] = (response) => send(response, 500, taken);
    const { events } = start(docker);
    expect((await events.end).reason).toBe('port is already allocated');
    expect(docker.containers.size).toBe(0);
  });

  test('that publishes no port ends the server', async () => {
    const docker = await FakeDocker.start();
    docker.overrides['GET json'] = (response) => send(response, 200, { State: {} });
    const { events } = start(docker);
    expect((await events.end).reason).toBe('its port is not published');
    expect(docker.containers.size).toBe(0);
  });

  test.each([
    ['no JSON', '<html>'],
    ['a number', '5'],
    ['null', 'null'],
  ])('that answers %s ends the server', async (_, body) => {
    const docker = await FakeDocker.start();
    docker.overrides['GET json'] = (response) => void response.end(body);
    const { events } = start(docker);
    await events.end;
    expect(docker.containers.size).toBe(0);
  });

  test('that is not running is reported', async () => {
    const docker = await FakeDocker.start();
    const { events } = start(docker, { socket: '/nowhere/docker.sock' });
    expect((await events.end).reason).toBe('the engine cannot be reached (ENOENT)');
  });

  test('whose connection breaks while the container runs is queried again', async () => {
    const docker = await FakeDocker.start();
    let breaks = 1;
    docker.overrides['POST wait'] = (response) => {
      if (breaks-- === 1) delete docker.overrides['POST wait'];
      response.destroy();
    };
    const { events } = start(docker);
    await events.runs;
    await expect.poll(() => docker.only.ended.length).toBe(1);
    docker.exit(docker.only, 0);
    expect((await events.end).reason).toBe('exited with code 0');
  });

  test('that cannot stop a container removes it by force', async () => {
    const docker = await FakeDocker.start();
    docker.overrides['POST stop'] = (response) => send(response, 500, { message: 'no' });
    const { events, server } = start(docker);
    await events.runs;
    await server.stop();
    expect(docker.containers.size).toBe(0);
  });
});

test('a server that is stopped at once leaves no container', async () => {
  const docker = await FakeDocker.start();
  const { events, server } = start(docker);
  await server.stop();
  expect((await events.end).reason).toBe('stopped');
  expect(docker.containers.size).toBe(0);
});

test('a server that is stopped while it is created leaves no container', async () => {
  const docker = await FakeDocker.start();
  const { events, server } = start(docker);
  await docker.called('POST create');
  await server.stop();
  await events.end;
  expect(docker.containers.size).toBe(0);
  expect(events.all).not.toContain('running');
});

test('containers of an earlier run are removed, and no others', async () => {
  const docker = await FakeDocker.start();
  docker.add({ 'lobby-relay.owner': 'a-relay', 'lobby-relay.run': 'earlier' });
  const others = [
    docker.add({ 'lobby-relay.owner': 'a-relay', 'lobby-relay.run': 'this-run' }),
    docker.add({ 'lobby-relay.owner': 'another', 'lobby-relay.run': 'earlier' }),
    docker.add({}),
  ];
  const failures: string[] = [];
  await removeStaleContainers(new DockerEngine(docker.socket), OWNER, (reason) =>
    failures.push(reason),
  );
  expect([...docker.containers.keys()]).toEqual(others);
  expect(failures).toEqual([]);
});

test('containers of an earlier run are reported if the engine is not running', async () => {
  const failures: string[] = [];
  const engine = new DockerEngine('/nowhere/docker.sock');
  await removeStaleContainers(engine, OWNER, (reason) => failures.push(reason));
  expect(failures).toEqual([
    'containers of an earlier run may be left: the engine cannot be reached (ENOENT)',
  ]);
});
