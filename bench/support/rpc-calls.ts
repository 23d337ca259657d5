// What the main process asks of a process with RPCs. Everything crosses as JSON.

/** How three numbers travel: with `send` as an array, or as the arguments of an RPC. */
export type Way = 'send' | 'exact' | 'float32' | 'reliable'

export interface RpcCalls {
  /** Opens a room. */
  open: { params: { url: string }; result: { room: string } }
  /** Joins it; resolves when the two can call each other. */
  join: { params: { url: string; room: string }; result: Record<string, never> }
  /** Sends `perSecond` for `seconds`, in ticks. */
  run: {
    params: { way: Way; perSecond: number; seconds: number; ticksPerSecond: number }
    result: { sent: number; cpuMs: number; elapsedMs: number }
  }
  /** Starts to count what comes. */
  count: { params: Record<string, never>; result: Record<string, never> }
  /** What came. */
  counted: { params: Record<string, never>; result: { received: number; cpuMs: number } }
  /** Bytes of one call's payload, as a peer of its own sees it. */
  sizes: { params: Record<string, never>; result: Readonly<Record<Way, number>> }
}
