// What passed through one peer connection, and when: the material of its diagnosis and of its statistics. It is told
// everything and decides nothing (see diagnosis.ts for that).

import { CandidateCounter } from './candidates.ts'
import type { Clock } from './clock.ts'
import { MAX_STATE_CHANGES } from './constants.ts'
import { ConnectionState, GatheringState, type SelectedRoute, SignalingState } from './drivers/driver.ts'

/** The moments of a connection's life. Each is noted when it comes for the first time. */
export type Milestone =
  | 'started'
  /** The platform made this side's description. */
  | 'described'
  | 'localSet'
  | 'remoteSet'
  | 'gathered'
  /** ICE found a way. */
  | 'routed'
  /** DTLS is through. */
  | 'secured'
  /** A channel opened, so SCTP is through. */
  | 'opened'
  /** It failed, or was closed by either side. */
  | 'ended'

/** A change of one of a connection's three states. */
export interface StateChange {
  readonly of: 'connection' | 'gathering' | 'signaling'
  /** The name in ConnectionState, GatheringState or SignalingState. */
  readonly state: string
  /** In ms, by the connection's clock. */
  readonly atMs: number
}

const NAMES = { connection: ConnectionState, gathering: GatheringState, signaling: SignalingState }

export class ConnectionHistory {
  readonly clock: Clock
  readonly local = new CandidateCounter()
  readonly remote = new CandidateCounter()
  readonly #moments = new Map<Milestone, number>()
  #changes: StateChange[] = []
  offers = false
  /** The last that the platform complained of. */
  lastError: string | undefined
  /** How it ended. */
  end: 'failed' | 'closed' | 'closed by the other side' | undefined
  /** Data channels that are open. Browsers tell by them alone that the other side closed the connection. */
  openChannels = 0
  /** The candidates in use, as they were asked for last. */
  route: SelectedRoute | undefined

  constructor(clock: Clock) {
    this.clock = clock
    this.changed('connection', ConnectionState.New)
  }

  /** The last ones, in order. */
  get changes(): readonly StateChange[] {
    return this.#changes
  }

  /** The connection's state now. */
  get state(): string | undefined {
    return this.#changes.findLast(({ of }) => of === 'connection')?.state
  }

  /** When it was, in ms; `undefined`: it has not been. */
  at(milestone: Milestone): number | undefined {
    return this.#moments.get(milestone)
  }

  note(milestone: Milestone): void {
    if (!this.#moments.has(milestone)) this.#moments.set(milestone, this.clock.now())
  }

  /** ICE and DTLS are through. */
  secured(route: Promise<SelectedRoute | undefined>): void {
    this.note('secured')
    route.then(
      (found) => {
        this.route = found
      },
      () => {},
    )
  }

  ended(how: NonNullable<ConnectionHistory['end']>): void {
    this.note('ended')
    this.end ??= how
  }

  changed(of: StateChange['of'], value: number): void {
    const state = Object.entries(NAMES[of]).find(([, number]) => number === value)?.[0] ?? String(value)
    this.#changes.push({ of, state, atMs: this.clock.now() })
    // Disconnected and Connected may take turns for hours.
    if (this.#changes.length > MAX_STATE_CHANGES) this.#changes = this.#changes.slice(-MAX_STATE_CHANGES / 2)
  }
}
