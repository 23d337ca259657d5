// What the main process asks of a peer process. Everything crosses as JSON.

export type Stack = 'raw' | 'skein'

export interface Calls {
  /** Gets ready to be connected to. Raw ignores the URL and gives an empty room code. */
  listen: { params: { stack: Stack; url: string }; result: { room: string } }
  /** Resolves when the side that listens is connected. */
  connected: { params: Record<string, never>; result: Record<string, never> }
  dial: {
    params: { stack: Stack; url: string; room: string }
    result: { ms: number; redials: number; steps: Readonly<Record<string, number>> }
  }
  /** Sends back whatever comes, from now on. */
  echo: { params: Record<string, never>; result: Record<string, never> }
  /** Sends `count` states, one every `periodMs` from `startAt` (ms since the epoch). */
  ping: {
    params: { count: number; periodMs: number; startAt: number }
    result: { roundTripsMs: number[]; lost: number }
  }
  /** Sends as much as goes. */
  flood: { params: { ms: number }; result: { sent: number; cpuMs: number; elapsedMs: number } }
  /** Starts to count what comes. */
  count: { params: Record<string, never>; result: Record<string, never> }
  /** Ends the counting. */
  counted: { params: Record<string, never>; result: { received: number; cpuMs: number } }
  hangUp: { params: Record<string, never>; result: Record<string, never> }
}

export type CallName = keyof Calls
