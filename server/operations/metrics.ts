// Figures for Prometheus, counted from what the server logs and from its adapter's round trips.

import { systemClock } from '../../src/net/clock.ts'
import type { SignalingAdapter } from '../signaling/adapter.ts'
import { loadPackage } from '../signaling/load-package.ts'
import type { SignalingLog, SignalingLogEvent } from '../signaling/log.ts'
import { ADAPTER_SECONDS_BUCKETS, JOIN_SECONDS_BUCKETS } from './constants.ts'
import { meteredAdapter } from './metered-adapter.ts'

/** A signaling server's figures. See `createSignalingMetrics`. */
export interface SignalingMetrics {
  /** The server's `log`, or called from it. */
  readonly log: SignalingLog
  /** An adapter whose round trips are measured. */
  adapter(inner: SignalingAdapter): SignalingAdapter
  /** What Prometheus reads, and its content type. */
  text(): Promise<string>
  readonly contentType: string
}

/**
 * Figures of one signaling server, with those of its process.
 * @throws {NetError} ERR_UNAVAILABLE without the package prom-client.
 */
export async function createSignalingMetrics(): Promise<SignalingMetrics> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await loadPackage(
    'prom-client',
    'Metrics',
    async () => (await import('prom-client')).default,
  )
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `skein_${name}`, help, labelNames, registers })
  const gauge = (name: string, help: string) => new Gauge({ name: `skein_${name}`, help, registers })
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `skein_${name}`, help, labelNames, buckets, registers })

  const connections = gauge('connections', 'Sockets that are open.')
  const connectionsOpened = counter('connections_opened_total', 'Sockets that were opened.')
  const connectionsRefused = counter('connections_refused_total', 'Sockets that were refused, by reason.', ['reason'])
  const connectionsCut = counter('connections_cut_total', 'Sockets that were cut, by reason.', ['reason'])
  const rooms = gauge('rooms', 'Rooms with a player on this process.')
  const peers = gauge('peers', 'Players in rooms on this process.')
  const roomsCreated = counter('rooms_created_total', 'Rooms that were created here.')
  const joins = histogram(
    'join_seconds',
    'From the first message to the place in a room.',
    ['action'],
    [...JOIN_SECONDS_BUCKETS],
  )
  const relayed = counter('signals_relayed_total', 'Signals that were passed on between players.')
  const dropped = counter('signals_dropped_total', 'Signals to somebody who was not there, or whose process was not.')
  const refusals = counter('refusals_total', 'What clients asked for and did not get, by error code.', ['code'])
  const failures = counter('failures_total', "What failed and was not a client's fault.")
  const roundTrips = histogram(
    'adapter_seconds',
    'Round trips to where rooms are kept.',
    ['operation'],
    [...ADAPTER_SECONDS_BUCKETS],
  )
  const roundTripFailures = counter('adapter_failures_total', 'Round trips that failed.', ['operation'])

  // How many players each room has here.
  const members = new Map<string, number>()
  const count = (room: string, change: 1 | -1) => {
    const left = (members.get(room) ?? 0) + change
    if (left > 0) members.set(room, left)
    else members.delete(room)
    rooms.set(members.size)
    peers.inc(change)
  }

  const log: SignalingLog = (event: SignalingLogEvent) => {
    switch (event.event) {
      case 'connection_opened':
        connections.inc()
        connectionsOpened.inc()
        return
      case 'connection_closed':
        connections.dec()
        return
      case 'connection_refused':
        connectionsRefused.inc({ reason: event.reason })
        return
      case 'connection_cut':
        connectionsCut.inc({ reason: event.reason })
        return
      case 'room_created':
        roomsCreated.inc()
        count(event.room, 1)
        return
      case 'peer_joined':
      case 'peer_resumed':
        count(event.room, 1)
        return
      case 'peer_left':
      case 'peer_dropped':
        count(event.room, -1)
        return
      case 'entered':
        joins.observe({ action: event.action }, event.ms / 1000)
        return
      case 'signal_relayed':
        relayed.inc()
        return
      case 'signal_dropped':
        dropped.inc()
        return
      case 'refused':
        refusals.inc({ code: event.code })
        return
      case 'failed':
        failures.inc()
    }
  }

  return {
    log,
    adapter: (inner) =>
      meteredAdapter(inner, systemClock, (operation, seconds, failed) => {
        roundTrips.observe({ operation }, seconds)
        if (failed) roundTripFailures.inc({ operation })
      }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
