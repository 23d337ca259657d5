// What a link needs from below, and what it counts.

/** What a link needs of a data channel. */
export interface LinkChannel {
  readonly bufferedAmount: number
  /** Takes a message; its bytes may be reused afterwards. @throws {Error} when it cannot take it. */
  putPacket(bytes: Uint8Array): void
}

export interface TrafficCounters {
  bytesIn: number
  bytesOut: number
  packetsIn: number
  packetsOut: number
  dropped: number
  rejected: number
}

export const NO_TRAFFIC: TrafficCounters = {
  bytesIn: 0,
  bytesOut: 0,
  packetsIn: 0,
  packetsOut: 0,
  dropped: 0,
  rejected: 0,
}
