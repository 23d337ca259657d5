// What the main process asks of a process with a hub.

import type { Stack } from './calls.ts'
import type { GarbageReport } from './garbage.ts'

type Nothing = Record<string, never>

/** So many times a second, for so long, so many packets. */
export interface Ticks {
  readonly hz: number
  readonly seconds: number
  readonly packets: number
  /** Bytes of a packet; left out: a state, packed. */
  readonly bytes?: number
}

export interface HubCalls {
  host: { params: { stack: Stack; url: string; count: number }; result: { room: string } }
  /** Resolves when everybody is connected to the one that hosts. */
  hosted: { params: Nothing; result: Nothing }
  join: { params: { stack: Stack; url: string; room: string; count: number }; result: Nothing }
  /** Sends to everybody. `encodings`: how often the value of a packet was read to be packed, in all. */
  tick: { params: Ticks; result: { sent: number; encodings: number } }
  /** Starts to count what comes and the processor time, all threads. */
  count: { params: Nothing; result: Nothing }
  counted: { params: Nothing; result: { received: number; cpuMs: number } }
  /** Starts to watch allocations. */
  watch: { params: Nothing; result: Nothing }
  watched: { params: Nothing; result: GarbageReport }
}
