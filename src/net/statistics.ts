// The figures that a connection and its channels give. Counters only grow: a rate is the difference of two readings.

import type { StateChange } from './connection-history.ts'
import type { ConnectionState, SelectedRoute } from './drivers/driver.ts'

/** What went over something. */
export interface TrafficStats {
  /** Bytes of packets, without the headers of the transport beneath. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly packetsIn: number
  readonly packetsOut: number
  /** Bytes that wait on this side to be sent, as far as the platform tells. */
  readonly bufferedBytes: number
  /** Packets that were lost on this side on purpose: late ones, and those for which there was no room. */
  readonly dropped: number
  /** Packets that were refused. Of a data channel: by `putPacket`. Of a peer: what it sent and could not be understood. */
  readonly rejected: number
}

/** A state that a data channel came into, and when. */
export interface ChannelStateChange {
  /** The name in ChannelState. */
  readonly state: string
  /** In ms, by the connection's clock. */
  readonly atMs: number
}

/** What `channel.stats` gives. */
export interface ChannelStats extends TrafficStats {
  readonly label: string
  /** 65535 until the transport has chosen one. */
  readonly id: number
  /** The states it went through, in order; the last is the present one. */
  readonly history: readonly ChannelStateChange[]
  /** Packets that wait for `getPacket`. */
  readonly waitingPackets: number
}

/** The candidates in use. */
export interface RouteStats extends SelectedRoute {
  /** Everything goes through a TURN server. */
  readonly relayed: boolean
}

/** What `connection.stats()` resolves to: the sums over its channels, and what is the connection's own. */
export interface ConnectionStats extends TrafficStats {
  readonly state: ConnectionState
  /** The changes of its states, with their times. The last 64 at most. */
  readonly history: readonly StateChange[]
  /** `undefined` until connected; that of the last connection after its end. */
  readonly route: RouteStats | undefined
  readonly channels: readonly ChannelStats[]
}

export function routeStats(route: SelectedRoute): RouteStats {
  return { ...route, relayed: route.local === 'relay' || route.remote === 'relay' }
}

/** The sums. */
export function sumOf(parts: readonly TrafficStats[]): TrafficStats {
  const sum = { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, bufferedBytes: 0, dropped: 0, rejected: 0 }
  for (const part of parts) for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += part[name]
  return sum
}
