// The server's events as JSON lines, by pino. What the events hold, and do not hold, is in signaling/log.ts.

import type { DestinationStream } from 'pino'
import { loadPackage } from '../signaling/load-package.ts'
import type { SignalingLog, SignalingLogEvent } from '../signaling/log.ts'
import type { LogLevel } from './constants.ts'

/** How much each event matters. Quiet by default: `warn` shows only what an operator has to look at. */
const LEVELS: Readonly<Record<SignalingLogEvent['event'], Exclude<LogLevel, 'silent'>>> = {
  failed: 'error',
  listening: 'info',
  draining: 'info',
  stopped: 'info',
  room_created: 'info',
  room_ended: 'info',
  connection_refused: 'info',
  connection_cut: 'info',
  refused: 'info',
  connection_opened: 'debug',
  connection_closed: 'debug',
  entered: 'debug',
  peer_joined: 'debug',
  peer_left: 'debug',
  peer_dropped: 'debug',
  peer_resumed: 'debug',
  signal_dropped: 'debug',
  signal_relayed: 'trace',
}

/**
 * A `log` for `createSignalingServer` that writes JSON lines.
 * @param destination Where to; left out: standard output.
 * @throws {NetError} ERR_UNAVAILABLE without the package pino.
 */
export async function createSignalingLog(
  level: LogLevel,
  destination?: { write(line: string): void },
): Promise<SignalingLog> {
  if (level === 'silent') return () => {}
  const { pino } = await loadPackage('pino', 'Logging', () => import('pino'))
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const logger = destination ? pino(options, destination satisfies DestinationStream) : pino(options)
  const { values } = pino.levels
  const least = values[level] ?? 0
  const written = (name: SignalingLogEvent['event']) => (values[LEVELS[name]] ?? 0) >= least
  return (event) => {
    // Most events are signals, and those are hardly ever written.
    if (!written(event.event)) return
    const { event: name, ...fields } = event
    if ('error' in fields) logger[LEVELS[name]]({ event: name, ...fields, error: describe(fields.error) })
    else logger[LEVELS[name]]({ event: name, ...fields })
  }
}

/** What was thrown may be anything; of an error its sentence and where it comes from, not the objects that hang on it. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error).slice(0, 1_000)
  const code = 'code' in error ? { code: String(error.code).slice(0, 100) } : {}
  const cause = error.cause === undefined ? {} : { cause: String(error.cause).slice(0, 1_000) }
  return {
    name: error.name,
    ...code,
    message: error.message.slice(0, 1_000),
    stack: error.stack?.slice(0, 4_000),
    ...cause,
  }
}
