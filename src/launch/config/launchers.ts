import { MIB } from '../../units.js';
import { secret, textOrSecret } from './secret.js';
import {
  list,
  number,
  object,
  optional,
  record,
  required,
  tagged,
  text,
  type ValueOf,
  withDefault,
} from './shape.js';
import { containerPort, path, url } from './values.js';

const PLACEHOLDERS = '`{port}`, `{id}`, `{ip}`, `{game}` and `{version}` are replaced.';

const commandLine = list(text(32 * 1024, { min: 0, hasControls: true }), 256);

const environment = record(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'the name of a variable',
  textOrSecret(32 * 1024),
  256,
);

const stopGrace = withDefault(
  number('seconds', 0, 300),
  5,
  'How long a server may take to end after SIGTERM, in seconds, before it is killed.',
);

const command = object({
  command: required(
    commandLine,
    `The program and its arguments, as a list; there is no shell. ${PLACEHOLDERS}`,
  ),
  directory: withDefault(
    path,
    '.',
    "Where the program runs; a relative path starts at the configuration's folder.",
  ),
  environment: optional(environment, `Variables for the program. ${PLACEHOLDERS}`),
  stopGrace,
});

const http = object({
  url: required(url(['https', 'http']), 'The base URL, such as `https://api.edgegap.com`.'),
  authorization: required(
    secret,
    'The `Authorization` header of all requests, such as `token 1234…`.',
  ),
  app: optional(text(64), "The application's name there; the game's name by default."),
  port: optional(
    text(64),
    "The name of the game's port among the ports of a deployment; the only one by default.",
  ),
  requestTimeout: withDefault(
    number('seconds', 0.1, 60),
    10,
    'How long a request may take, in seconds.',
  ),
  pollInterval: withDefault(
    number('seconds', 0.05, 60),
    0.5,
    'How often a session that is not ready is asked for, in seconds.',
  ),
});

const container = object({
  image: required(
    text(256, { pattern: /^[a-z0-9][\w./:@-]*$/, what: 'the name of an image' }),
    'The image. It has to be there: the relay does not pull it.',
  ),
  socket: withDefault(path, '/var/run/docker.sock', "The Docker engine's socket."),
  port: optional(containerPort, 'The port that the server listens on, such as `6420/udp`.'),
  command: optional(commandLine, `The arguments in place of the image's. ${PLACEHOLDERS}`),
  environment: optional(environment, `Variables for the container. ${PLACEHOLDERS}`),
  network: optional(
    text(64, { pattern: /^[\w.-]+$/, what: 'the name of a network' }),
    "The Docker network; the engine's default otherwise.",
  ),
  memory: optional(number('bytes', 6 * MIB, 2 ** 40), 'The maximum memory of a server, in bytes.'),
  processes: withDefault(
    number('count', 1, 100_000),
    512,
    'The maximum number of processes and threads of a server.',
  ),
  owner: optional(
    text(64, { pattern: /^[\w.-]+$/, what: 'letters, digits, dots, hyphens and underscores' }),
    'The name under which this relay finds its containers after a crash, to remove them. By default it is made of host name, configuration file and port.',
  ),
  stopGrace,
});

/** How servers of a game are started. */
export const launcher = tagged('type', { command, http, container });

export type LauncherConfig = ValueOf<typeof launcher>;
export type CommandConfig = Extract<LauncherConfig, { readonly type: 'command' }>;
export type HttpConfig = Extract<LauncherConfig, { readonly type: 'http' }>;
export type ContainerConfig = Extract<LauncherConfig, { readonly type: 'container' }>;
