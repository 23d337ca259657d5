// How much of one peer waits here for another. A target that is slow costs those who send to it, never those who do not; and
// it is not ended for what others send it.

import { MAX_FLOW_BYTES, MAX_FLOW_PACKETS, MAX_TARGET_BYTES, TARGET_RESERVE_BYTES } from './constants.ts'

/** Reliable packets from one peer to one other. */
export interface Flow {
  packets: number
  bytes: number
  /** How many were passed on. */
  forwarded: number
  /** The source was told to hold back. */
  held: boolean
}

export function newFlow(): Flow {
  return { packets: 0, bytes: 0, forwarded: 0, held: false }
}

/** Of one target. */
export class FlowBudget {
  #bytes = 0

  /** Takes a packet in. False: its source has more waiting than it may. `sources`: how many there are. */
  add(flow: Flow, size: number, sources: number): boolean {
    const ownFull = flow.packets >= MAX_FLOW_PACKETS || (flow.bytes > 0 && flow.bytes + size > MAX_FLOW_BYTES)
    if (ownFull) return false
    const full = this.#bytes + size > MAX_TARGET_BYTES
    if (full && flow.bytes + size > TARGET_RESERVE_BYTES / Math.max(1, sources)) return false
    flow.packets += 1
    flow.bytes += size
    flow.forwarded += 1
    this.#bytes += size
    return true
  }

  remove(flow: Flow, size: number): void {
    flow.packets -= 1
    flow.bytes -= size
    this.#bytes -= size
  }
}
