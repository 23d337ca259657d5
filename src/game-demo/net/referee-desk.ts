// The shared arena at one peer: a copy that follows the referee, or the original where this peer is the referee.
//
// The referee is the room's host if it is here, otherwise the lowest id that is. Everybody works that out alone and may
// be a moment apart when a peer leaves; so nobody trusts a delta before it has a snapshot from the one it takes for the
// referee: it asks for one, and asks again, and a new referee sends one to all.

import { type Arena, type ArenaEvent, applyEvent, createArena, tickArena } from '../rules/arena.ts'
import { RESPAWN_SECONDS, STEP } from '../rules/constants.ts'
import { createReferee, judgeClaim, judgeKill, type Referee, tickReferee } from '../rules/referee.ts'
import { Bucket } from './limits.ts'
import { Kind, type Message } from './messages.ts'

/** Seconds between two requests for a snapshot. */
const ASK_SECONDS = 1
/**
 * Seconds that a newcomer who is not the room's host waits before it opens an arena of its own. Links come up one by
 * one, and the first of them need not be the one to the referee.
 */
const PATIENCE_SECONDS = 5

/** The peer that decides. */
export function chooseReferee(self: number, peers: readonly number[], host: number): number {
  if (host === self || peers.includes(host)) return host
  return peers.reduce((lowest, id) => Math.min(lowest, id), self)
}

export interface DeskLink {
  readonly self: number
  peers(): readonly number[]
  host(): number
  /** Reliable. Without `to`: to everybody. */
  send(message: Message, to?: number): void
  /** An event was applied to the copy; `before` is the arena without it. */
  onEvent(event: ArenaEvent, before: Arena): void
  /** A whole arena replaced the copy. */
  onSnapshot(before: Arena): void
  onReferee(id: number): void
}

export class RefereeDesk {
  readonly #link: DeskLink
  readonly #seed: number
  #arena: Arena = createArena()
  #refereeId: number
  /** Set while this peer decides. */
  #office: Referee | undefined
  /** Whether the copy is from the referee of now. */
  #synced = false
  /** Whether there ever was a copy to carry on from. */
  #hasCopy = false
  #age = 0
  #askIn = 0
  #terms = 0
  readonly #answers = new Map<number, Bucket>()
  readonly #deaths = new Map<number, Bucket>()

  constructor(link: DeskLink, seed: number) {
    this.#link = link
    this.#seed = seed
    this.#refereeId = chooseReferee(link.self, link.peers(), link.host())
    this.review()
  }

  get arena(): Arena {
    return this.#arena
  }

  get refereeId(): number {
    return this.#refereeId
  }

  /** Whether the arena is the game's, not just the empty one of a newcomer. */
  get ready(): boolean {
    return this.#office !== undefined || this.#hasCopy
  }

  /** To be called when a peer comes or goes or the room's host changes. */
  review(): void {
    const chosen = chooseReferee(this.#link.self, this.#link.peers(), this.#link.host())
    if (chosen !== this.#refereeId) {
      this.#refereeId = chosen
      this.#office = undefined
      this.#synced = false
      this.#askIn = 0
      this.#link.onReferee(chosen)
    }
    if (chosen === this.#link.self && !this.#office) this.#takeOffice()
  }

  /** A peer is gone. */
  forget(id: number): void {
    this.#answers.delete(id)
    this.#deaths.delete(id)
  }

  #takeOffice(): void {
    const isHost = this.#link.host() === this.#link.self
    if (!this.#hasCopy && !isHost && this.#age < PATIENCE_SECONDS) return
    this.#office = createReferee(this.#arena, this.#seed + this.#terms++)
    this.#hasCopy = true
    this.#link.send({ kind: Kind.Snapshot, arena: this.#arena })
  }

  /** One step of the simulation. */
  step(): void {
    this.#age += STEP
    this.#arena = tickArena(this.#arena)
    if (this.#refereeId === this.#link.self) {
      if (!this.#office) this.#takeOffice()
      if (this.#office) this.#decide(tickReferee(this.#office, this.#arena, [this.#link.self, ...this.#link.peers()]))
      return
    }
    if (this.#synced) return
    this.#askIn -= STEP
    if (this.#askIn > 0) return
    this.#askIn = ASK_SECONDS
    this.#link.send({ kind: Kind.Ask }, this.#refereeId)
  }

  /** This peer touched an orb. */
  claim(orb: number): void {
    if (this.#office) this.#decide(judgeClaim(this.#arena, orb, this.#link.self))
    else if (this.#synced) this.#link.send({ kind: Kind.Claim, orb }, this.#refereeId)
  }

  /** A peer (or this one) was destroyed. Everybody hears of it; only the referee has to do something. */
  reportKill(victim: number, by: number, at: { readonly x: number; readonly y: number }, now: number): void {
    if (!this.#office) return
    // Nobody dies more often than it comes back: otherwise two could trade kills for points.
    const deaths = this.#deaths.get(victim) ?? new Bucket(1.5, 1 / RESPAWN_SECONDS)
    this.#deaths.set(victim, deaths)
    if (deaths.take(now)) this.#decide(judgeKill(this.#office, this.#arena, victim, by, at))
  }

  /** Handles what concerns the arena. False: it came from one who has no say in it. */
  receive(message: Message, from: number, now: number): boolean {
    switch (message.kind) {
      case Kind.Claim:
        if (this.#office) this.#decide(judgeClaim(this.#arena, message.orb, from))
        return true
      case Kind.Ask: {
        const answers = this.#answers.get(from) ?? new Bucket(3, 1)
        this.#answers.set(from, answers)
        if (this.#office && answers.take(now)) this.#link.send({ kind: Kind.Snapshot, arena: this.#arena }, from)
        return true
      }
      case Kind.Snapshot: {
        if (from !== this.#refereeId) return false
        const before = this.#arena
        this.#arena = message.arena
        this.#synced = true
        this.#hasCopy = true
        this.#link.onSnapshot(before)
        return true
      }
      case Kind.Events:
        if (from !== this.#refereeId) return false
        // Before the snapshot there is nothing that a delta could apply to; the snapshot will have it.
        if (this.#synced) for (const event of message.events) this.#apply(event)
        return true
      default:
        return false
    }
  }

  #decide(events: readonly ArenaEvent[]): void {
    if (events.length === 0) return
    this.#link.send({ kind: Kind.Events, events })
    for (const event of events) this.#apply(event)
  }

  #apply(event: ArenaEvent): void {
    const before = this.#arena
    this.#arena = applyEvent(before, event)
    this.#link.onEvent(event, before)
  }
}
