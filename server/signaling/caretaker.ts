// Keeps places alive and gives up those that nobody keeps. Every process holds the places of its own clients for a lease
// and renews it; places of a process that died are found by the others, by a list of what is due.

import type { CancelTimer, Clock } from '../../src/net/clock.ts'
import { every } from '../../src/net/clock.ts'
import type { SignalingAdapter, StoredRecord } from './adapter.ts'
import {
  CARE_BATCH,
  MEND_RETRY_MS,
  MIN_SWEEP_MS,
  RENEWALS_PER_LEASE,
  SWEEPS_PER_GRACE,
  TIME_JUMP_MS,
} from './constants.ts'
import type { PlaceTimes } from './entrance.ts'
import type { SignalingLog } from './log.ts'
import { CLAIM_PREFIX } from './quick-match.ts'
import type { RoomState } from './room-state.ts'
import { expire, renew, restored } from './room-state.ts'

/** A client's place, as far as it is kept here. */
export interface KeptPlace {
  readonly id: number
  readonly link: number
  /** The newest that it knows of its room. */
  readonly state: RoomState
  /** Takes what the store has. */
  catchUp(state: RoomState): void
}

export interface CaretakerParts {
  readonly adapter: SignalingAdapter
  readonly clock: Clock
  readonly time: () => number
  readonly places: PlaceTimes
  readonly log: SignalingLog
}

export class Caretaker {
  readonly #parts: CaretakerParts
  readonly #places = new Set<KeptPlace>()
  /** Rooms that the store did not have when it was last asked. */
  readonly #missing = new Set<string>()
  /** Rooms whose link to the store was broken. */
  readonly #gaps = new Set<string>()
  readonly #stop: CancelTimer[]
  readonly #renewMs: number
  #busy: Promise<void> = Promise.resolve()
  #mendQueued = false
  #cancelRetry: CancelTimer = () => {}
  #isClosed = false
  /** By the clock: nobody's place is given up before that, because the others had no chance to renew theirs. */
  #sweepFrom: number
  /** From the clock to the time of day, as it was at the last sweep. */
  #timeAhead: number

  constructor(parts: CaretakerParts) {
    this.#parts = parts
    const { clock, time, places } = parts
    this.#renewMs = places.leaseMs / RENEWALS_PER_LEASE
    this.#sweepFrom = clock.now() + this.#renewMs
    this.#timeAhead = time() - clock.now()
    const sweepMs = Math.max(MIN_SWEEP_MS, places.graceMs / SWEEPS_PER_GRACE)
    this.#stop = [
      every(clock, this.#renewMs, () => this.#then(() => this.#renew())),
      every(clock, sweepMs, () => this.#then(() => this.#sweep())),
    ]
  }

  add(place: KeptPlace): void {
    this.#places.add(place)
  }

  delete(place: KeptPlace): void {
    this.#places.delete(place)
  }

  /** The link to the store was broken: the room may have changed or be lost, and so may signals of and to its members here. */
  gap(code: string): void {
    this.#beCareful()
    this.#gaps.add(code)
    this.#mend()
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry()
    for (const stop of this.#stop) stop()
    await this.#busy
  }

  /** Every room tells of the same gap: they are looked at together. */
  #mend(): void {
    if (this.#mendQueued) return
    this.#mendQueued = true
    this.#then(async () => {
      this.#mendQueued = false
      await this.#renew(new Set(this.#gaps))
      // Some could not be reached: sooner than with the next renewal, because pairs wait for it.
      this.#cancelRetry()
      if (this.#gaps.size > 0 && !this.#isClosed) {
        this.#cancelRetry = this.#parts.clock.setTimeout(() => this.#mend(), MEND_RETRY_MS)
      }
    })
  }

  #then(task: () => Promise<void>): void {
    this.#busy = this.#busy.then(task).catch((error: unknown) => this.#failed(error))
  }

  /** @param codes Of which rooms; left out: of all. */
  async #renew(codes?: ReadonlySet<string>): Promise<void> {
    const rooms = this.#byRoom()
    for (const gone of [...this.#gaps, ...this.#missing].filter((code) => !rooms.has(code))) {
      this.#gaps.delete(gone)
      this.#missing.delete(gone)
    }
    const wanted = codes ? [...rooms].filter(([code]) => codes.has(code)) : [...rooms]
    await inBatches(wanted, async ([code, kept]) => {
      try {
        // Those that are here still.
        await this.#renewRoom(
          code,
          kept.filter((place) => this.#places.has(place)),
        )
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  /** Put together when it is asked for: kept, it would be a list more for every room. */
  #byRoom(): ReadonlyMap<string, readonly KeptPlace[]> {
    const rooms = new Map<string, KeptPlace[]>()
    for (const place of this.#places) {
      const { code } = place.state
      const kept = rooms.get(code)
      if (kept) kept.push(place)
      else rooms.set(code, [place])
    }
    return rooms
  }

  async #renewRoom(code: string, kept: readonly KeptPlace[]): Promise<void> {
    const newest = kept.map(({ state }) => state).sort((a, b) => b.revision - a.revision)[0]
    if (!newest) return
    const { adapter, time, places } = this.#parts
    // A room that is missing without a gap has probably just ended, and its members are about to hear of that.
    // There may be another one meanwhile.
    const mended = this.#gaps.delete(code)
    const mayBeLost = mended || this.#missing.has(code)
    const links = new Map(kept.map(({ id, link }) => [id, link]))
    const change = adapter.transact<RoomState>(code, (stored) => {
      if (!stored && !mayBeLost) return undefined
      return renew(restored(stored, newest), links, time() + places.leaseMs, { mended })
    })
    const state = await change.catch((error: unknown) => {
      if (mended) this.#gaps.add(code)
      throw error
    })
    if (state) this.#missing.delete(code)
    else this.#missing.add(code)
    if (state) for (const place of kept) place.catchUp(state)
  }

  async #sweep(): Promise<void> {
    const { adapter, clock, time, places, log } = this.#parts
    if (this.#timeWasSet()) this.#beCareful()
    if (clock.now() < this.#sweepFrom) return
    const due = await adapter.list<RoomState>({ dueBefore: time(), limit: CARE_BATCH })
    await inBatches(due, async ([key]) => {
      const isClaim = key.startsWith(CLAIM_PREFIX)
      let had = false
      const rest = await adapter.transact<RoomState>(key, (stored) => {
        had = stored !== undefined
        if (!stored || !isDue(stored, time())) return stored
        return isClaim ? undefined : expire(stored, time(), places.hostWaitMs)
      })
      if (had && !rest && !isClaim) log({ event: 'room_ended', connection: undefined, room: key })
    })
    // A full page: there is more.
    if (due.length === CARE_BATCH) await this.#sweep()
  }

  #failed(error: unknown): void {
    this.#beCareful()
    this.#parts.log({ event: 'failed', connection: undefined, error })
  }

  #beCareful(): void {
    this.#sweepFrom = this.#parts.clock.now() + this.#renewMs
  }

  /** Whether the time of day jumped since this was last asked: every place would look as if nobody had renewed it. */
  #timeWasSet(): boolean {
    const { clock, time } = this.#parts
    const before = this.#timeAhead
    this.#timeAhead = time() - clock.now()
    return Math.abs(this.#timeAhead - before) > TIME_JUMP_MS
  }
}

function isDue({ dueAt = Number.POSITIVE_INFINITY }: StoredRecord, now: number): boolean {
  return dueAt <= now
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += CARE_BATCH) {
    await Promise.all(items.slice(start, start + CARE_BATCH).map(work))
  }
}
