// Everything that `skein-server` can be told, once: the parser, `--help`, the table in docs/operations.md and the tests that
// keep Dockerfile and compose file true all read this list.

import * as limits from '../signaling/constants.ts'
import { DEFAULT_DRAIN_SECONDS, DEFAULT_PORT, LOG_LEVELS } from './constants.ts'

export interface Flag {
  /** Without the dashes. */
  readonly name: string
  readonly group: string
  /** What stands for the value in `--help`; a switch has none. */
  readonly value?: string
  /** Given several times, or once with commas. */
  readonly many?: true
  /** Its value is never printed. Has a twin `NAME-file` that reads it from a file. */
  readonly secret?: true
  /** As it would be typed. */
  readonly default?: string
  readonly help: string
}

const LISTENING = 'Listening'
const ENTERING = 'Who may enter'
const TURN = 'Connections through NATs'
const PROCESSES = 'Many processes, and the end of one'
const LIMITS = 'Limits'
const WATCHING = 'Watching'

const limit = (name: string, value: string, standard: number, help: string): Flag => ({
  name,
  group: LIMITS,
  value,
  default: String(standard),
  help,
})

export const FLAGS: readonly Flag[] = [
  {
    name: 'port',
    group: LISTENING,
    value: 'PORT',
    default: String(DEFAULT_PORT),
    help: 'The port for players; 0 takes any free one.',
  },
  {
    name: 'host',
    group: LISTENING,
    value: 'ADDRESS',
    help: 'The address to listen on. Left out: all of them, and with --dev only 127.0.0.1.',
  },
  {
    name: 'path',
    group: LISTENING,
    value: 'PATH',
    default: '/signaling',
    help: 'Where WebSockets are taken: clients connect to wss://your.host/signaling.',
  },
  {
    name: 'trusted-proxies',
    group: LISTENING,
    value: 'N',
    default: '0',
    help: 'How many proxies in front add to X-Forwarded-For. With 0 the header is ignored, because anybody can send it. With too few all players share one address, and its limits.',
  },
  {
    name: 'ticket-secret',
    group: ENTERING,
    value: 'SECRET',
    many: true,
    secret: true,
    help: 'Players need a ticket signed with this secret (createTicket in skein/server). At least 32 bytes: openssl rand -base64 48. Several, with commas, while one replaces another.',
  },
  {
    name: 'dev',
    group: ENTERING,
    help: 'For development: without a ticket secret everybody may enter. Without either the server does not start.',
  },
  {
    name: 'origin',
    group: ENTERING,
    value: 'ORIGIN',
    many: true,
    help: 'A page that may connect, as https://game.example; several, with commas. Others are refused with HTTP 403. Left out: all pages. Programs that are no browsers send no origin and may always.',
  },
  {
    name: 'stun-url',
    group: TURN,
    value: 'URL',
    many: true,
    help: 'A STUN server that players are told of, as stun:stun.example:3478; several, with commas.',
  },
  {
    name: 'turn-url',
    group: TURN,
    value: 'URL',
    many: true,
    help: 'A TURN server, as turn:turn.example:3478; several, with commas. Needs --turn-secret.',
  },
  {
    name: 'turn-secret',
    group: TURN,
    value: 'SECRET',
    secret: true,
    help: 'The static-auth-secret of coturn, at least 16 characters: every player gets credentials of their own, which last some minutes.',
  },
  {
    name: 'redis',
    group: PROCESSES,
    value: 'URL',
    secret: true,
    help: 'Where rooms are kept when several processes serve them, as redis://user:password@host:6379. Left out: in the memory of this process.',
  },
  {
    name: 'drain-seconds',
    group: PROCESSES,
    value: 'N',
    default: String(DEFAULT_DRAIN_SECONDS),
    help: 'After SIGTERM: how long players may take to go elsewhere before the process ends.',
  },
  limit('max-connections', 'N', limits.DEFAULT_MAX_CONNECTIONS, 'Sockets in all. More get HTTP 503.'),
  limit(
    'max-connections-per-address',
    'N',
    limits.DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
    'Sockets of one address (for IPv6: one network of 64 bits). More are closed with ERR_RATE_LIMITED.',
  ),
  limit('max-rooms', 'N', limits.DEFAULT_MAX_ROOMS, 'Rooms in all; with --redis 100,000 unless said otherwise.'),
  limit('message-burst', 'N', limits.DEFAULT_MESSAGE_BURST, 'Messages of one player at once, per started KiB.'),
  limit('messages-per-second', 'N', limits.DEFAULT_MESSAGES_PER_SECOND, 'The same, all the time.'),
  limit(
    'address-connects-per-second',
    'N',
    limits.DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS,
    'New sockets of one address, in the long run; at once as many as it may have open. More get HTTP 429.',
  ),
  limit(
    'address-failed-entries-per-minute',
    'N',
    limits.DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS,
    'Wrong room codes, passwords and tickets of one address; then nobody from there gets in for a while.',
  ),
  limit(
    'address-messages-per-second',
    'N',
    limits.DEFAULT_MESSAGES_PER_SECOND_PER_ADDRESS,
    'Messages of the players of one address together.',
  ),
  limit(
    'room-messages-per-second',
    'N',
    limits.DEFAULT_MESSAGES_PER_SECOND_PER_ROOM,
    'Signals of the players of one room together.',
  ),
  {
    name: 'ops-port',
    group: WATCHING,
    value: 'PORT',
    help: 'A port of its own for /metrics (Prometheus), /healthz and /readyz. Left out: no metrics. Keep it inside your network.',
  },
  {
    name: 'ops-host',
    group: WATCHING,
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'The address of that port.',
  },
  {
    name: 'log-level',
    group: WATCHING,
    value: 'LEVEL',
    default: 'warn',
    help: `One of ${LOG_LEVELS.join(', ')}. JSON lines on standard output; info tells of rooms and refusals, debug of every player.`,
  },
]

/** The flags as they can be given: a secret also by the name of a file that holds it. */
export const ALL_FLAGS: readonly Flag[] = FLAGS.flatMap((flag) => {
  if (!flag.secret) return [flag]
  const { name, group } = flag
  return [flag, { name: `${name}-file`, group, value: 'FILE', help: `A file that holds the --${name}.` }]
})

/** The environment variable of a flag. */
export function variableOf({ name }: Pick<Flag, 'name'>): string {
  return `SKEIN_${name.toUpperCase().replaceAll('-', '_')}`
}
