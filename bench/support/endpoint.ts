// One end of a connection under test. Raw node-datachannel and Skein stand behind the same few methods, so that the
// programs that drive them are the same.

/** What is sent: an entity's state, 64 bytes as msgpack. */
export type State = {
  readonly id: number
  readonly tick: number
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly hp: number
}

/** The tick of the first packet: those from 256 to 65535 take three bytes. */
export const FIRST_TICK = 256

export function stateAt(tick: number): State {
  return { id: 200, tick, x: tick + 0.1, y: tick + 0.2, vx: 0.3, vy: 0.4, hp: 100 }
}

export interface Endpoint {
  /** Called with each value that arrives. */
  onState: (state: State) => void
  /** Bytes that wait on this side. */
  readonly buffered: number
  /** Packs the value and sends it unreliably. */
  send(state: State): void
  /** Ends the connection; resolves when it is gone. */
  close(): Promise<void>
}

/** An endpoint that was dialled, and how that went. */
export interface Dialled {
  readonly endpoint: Endpoint
  /** How often the connection was begun anew. */
  readonly redials: number
  /** When the steps on the way were done, in ms from the start. */
  readonly steps: Readonly<Record<string, number>>
}
