// Finds who reaches a peer that this one cannot connect with: every neighbour is asked, and the one over which the round trip
// is shortest is asked to pass packets on. Sans-IO: words and the time come in, words go out.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import type { RemotePeer } from '../remote-peer.ts'
import type { Barred } from './barred.ts'
import { FIND_TIMEOUT_MS, NO_WAY, OPEN_TIMEOUT_MS, UNKNOWN_ROUND_TRIP_MS, WAIT_FOR_OTHER_MS } from './constants.ts'
import { Command, writeCommand } from './wire.ts'

interface Search {
  readonly done: (found: boolean) => void
  /** Those that have not answered yet. */
  readonly asked: Set<RemotePeer>
  /** Those that reach it, with the whole round trip in ms. */
  readonly ways: { readonly via: RemotePeer; readonly ms: number }[]
  /** The one that was asked to pass on. */
  opening: RemotePeer | undefined
  cancel: CancelTimer
}

export interface FinderParts {
  readonly clock: Clock
  /** This peer's id. */
  id(): number
  /** The peers that this one is connected with. */
  neighbours(): readonly RemotePeer[]
  say(remote: RemotePeer, payload: Uint8Array): void
  readonly barred: Barred
}

export class RelayFinder {
  readonly #parts: FinderParts
  readonly #searches = new Map<number, Search>()

  constructor(parts: FinderParts) {
    this.#parts = parts
  }

  /**
   * Looks for a way to a peer. Of the two the one with the smaller id chooses, and the other waits for that. Returns whether
   * there is anybody who could know one.
   * @param alone The other one may not look: this side chooses in any case, after the one with the smaller id could have.
   */
  seek(id: number, done: (found: boolean) => void, alone = false): boolean {
    if (this.#searches.has(id)) return true
    if (this.#helpers(id).length === 0) return false
    const search: Search = { done, asked: new Set(), ways: [], opening: undefined, cancel: () => {} }
    this.#searches.set(id, search)
    if (this.#parts.id() < id) this.#ask(id, search)
    // It may look all the same: two that choose at the same time would each give up what the other one chose.
    else if (alone) this.#after(search, FIND_TIMEOUT_MS + OPEN_TIMEOUT_MS, () => this.#ask(id, search))
    else this.#after(search, WAIT_FOR_OTHER_MS, () => this.#end(id, false))
    return true
  }

  #ask(id: number, search: Search): void {
    for (const remote of this.#helpers(id)) {
      search.asked.add(remote)
      this.#parts.say(remote, writeCommand(Command.Query, id))
    }
    this.#after(search, FIND_TIMEOUT_MS, () => this.#tryNext(id, search))
  }

  /** Who may know a way to a peer. */
  #helpers(id: number): RemotePeer[] {
    return this.#parts.neighbours().filter((each) => each.id !== id && !this.#parts.barred.has(id, each.id))
  }

  /** A neighbour says in how many ms it reaches a peer, or that it does not. */
  answered(from: RemotePeer, id: number, ms: number): void {
    const search = this.#searches.get(id)
    if (!search) return
    if (search.opening === from && ms === NO_WAY) this.#tryNext(id, search)
    if (!search.asked.delete(from)) return
    const own = from.link.stats.roundTripTimeMs ?? UNKNOWN_ROUND_TRIP_MS
    if (ms !== NO_WAY) search.ways.push({ via: from, ms: own + ms })
    if (search.asked.size === 0 && !search.opening) this.#tryNext(id, search)
  }

  /** There is a way now. */
  found(id: number): void {
    this.#end(id, true)
  }

  /** A peer is gone: it answers no more. */
  lost(remote: RemotePeer): void {
    for (const id of [...this.#searches.keys()]) this.answered(remote, id, NO_WAY)
  }

  /** It is not wanted any more. */
  forget(id: number): void {
    this.#searches.get(id)?.cancel()
    this.#searches.delete(id)
  }

  close(): void {
    for (const id of [...this.#searches.keys()]) this.forget(id)
  }

  #tryNext(id: number, search: Search): void {
    search.cancel()
    search.ways.sort((a, b) => a.ms - b.ms)
    const best = search.ways.shift()
    if (!best) {
      this.#end(id, false)
      return
    }
    search.opening = best.via
    this.#parts.say(best.via, writeCommand(Command.Open, id))
    this.#after(search, OPEN_TIMEOUT_MS, () => this.#tryNext(id, search))
  }

  #after(search: Search, ms: number, then: () => void): void {
    search.cancel = this.#parts.clock.setTimeout(then, ms)
  }

  #end(id: number, found: boolean): void {
    const search = this.#searches.get(id)
    if (!search) return
    this.forget(id)
    search.done(found)
  }
}
