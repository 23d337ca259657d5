// What the benchmark asks of its processes. Everything crosses as JSON.

export type ServerKind = 'skein' | 'peerserver'

export interface Usage {
  /** Processor time of the process, all threads, in ms: when it was asked, and when it answered, a collection later. */
  readonly cpuBeforeMs: number
  readonly cpuAfterMs: number
  /** After a collection. */
  readonly rssBytes: number
}

export interface Series {
  readonly elapsedMs: number
  readonly count: number
  /** Of each join; empty for messages. */
  readonly ms: readonly number[]
  readonly failed: number
}

export interface Calls {
  /** Starts a server that limits nobody, or one with its own limits. */
  serve: { params: { kind: ServerKind; limits: 'none' | 'default'; redis: string }; result: { url: string } }
  usage: { params: Record<string, never>; result: Usage }
  /** Opens sockets until there are `count`, in rooms of two where there are rooms. */
  idle: { params: { kind: ServerKind; url: string; count: number }; result: Record<string, never> }
  /** Joins and leaves, `parallel` at a time. `from` is the address that they come from. */
  joins: {
    params: { kind: ServerKind; url: string; forMs: number; parallel: number; pauseMs: number; from: string }
    result: Series
  }
  /** Connects pairs whose members may sit on different servers, for `relay`. */
  pairs: { params: { kind: ServerKind; urls: readonly string[]; count: number }; result: Record<string, never> }
  /** Candidates from one of each pair to the other, a few of each under way. */
  relay: { params: { forMs: number }; result: Series }
  /** Silent sockets, writers of single bytes, guesses and floods, until the process is ended. */
  attack: { params: { url: string }; result: { silent: number; dripping: number } }
  attacked: { params: Record<string, never>; result: { guesses: number; refused: number; flooded: number } }
}

export type CallName = keyof Calls
export type Handlers = { [Name in CallName]?: (params: Calls[Name]['params']) => Promise<Calls[Name]['result']> }
