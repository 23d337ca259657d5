// The shared arena at one peer: a copy that follows the referee, or the original where this peer is the referee.
//
// The referee is the room's host if it is here, otherwise the lowest id that is: a game goes on when signaling, which says who
// is the host, does not. Everybody works that out alone and may be a moment apart when a peer leaves; so nobody trusts a
// delta before it has the whole arena from the one it takes for the referee: it asks for it, and asks again.

import * as v from 'valibot'
import { NetError, RpcError, type Rpcs, rpc } from '../../index.ts'
import { type Arena, type ArenaEvent, applyEvent, createArena } from '../rules/arena.ts'
import { ORBS_MAX, RESPAWN_SECONDS, TICK_RATE } from '../rules/constants.ts'
import { createReferee, judgeClaim, judgeKill, type Referee, tickReferee } from '../rules/referee.ts'
import type { GameRoom } from './game-room.ts'
import { Bucket } from './limits.ts'
import { Count, PeerId, whole, X, Y } from './protocol.ts'

/** Ticks between two requests for the arena. */
const ASK_TICKS = TICK_RATE
/**
 * Ticks that a newcomer who is not the room's host waits before it opens an arena of its own. Links come up one by
 * one, and the first of them need not be the one to the referee.
 */
const PATIENCE_TICKS = 5 * TICK_RATE
/** More peers than any room of the game takes. */
const SCORES_MAX = 64
/** A round's start brings its orbs in one message. */
const EVENTS_MAX = 128

const Phase = v.picklist(['play', 'board'])
const Orb = v.object({ id: Count, x: X, y: Y, kind: v.picklist([0, 1, 2]) })
const Score = v.object({ id: PeerId, points: Count, kills: Count, deaths: Count })
const endsAt = whole(0, Number.MAX_SAFE_INTEGER)
const round = whole(1, 0x7fff_ffff)
const WholeArena: v.GenericSchema<Arena> = v.object({
  round,
  phase: Phase,
  endsAt,
  orbs: v.pipe(v.array(Orb), v.maxLength(ORBS_MAX)),
  scores: v.pipe(v.array(Score), v.maxLength(SCORES_MAX)),
})
const Change: v.GenericSchema<ArenaEvent> = v.variant('type', [
  v.object({ type: v.literal('phase'), phase: Phase, round, endsAt }),
  v.object({ type: v.literal('orb'), orb: Orb }),
  v.object({ type: v.literal('taken'), orb: Count, by: PeerId }),
  v.object({ type: v.literal('score'), score: Score }),
  v.object({ type: v.literal('gone'), id: PeerId }),
])

export const arenaCalls = {
  /** To the referee: I touched this orb. */
  claim: rpc.reliable('any_peer', { args: [Count], rateLimit: { perSecond: 20, burst: 60 } }),
  /** To the referee: I have no copy from you. A call, not a request: the answer must keep its order with what follows. */
  ask: rpc.reliable('any_peer', { args: [], rateLimit: { perSecond: 2, burst: 5 } }),
  /** From the referee: the whole arena. */
  arena: rpc.reliable('any_peer', { args: [WholeArena] }),
  /** From the referee: what changed. */
  events: rpc.reliable('any_peer', { args: [v.pipe(v.array(Change), v.maxLength(EVENTS_MAX))] }),
}

/** The peer that decides. */
export function chooseReferee(self: number, peers: readonly number[], host: number): number {
  if (host === self || peers.includes(host)) return host
  return peers.reduce((lowest, id) => Math.min(lowest, id), self)
}

export interface DeskWatcher {
  /** An event was applied to the copy; `before` is the arena without it. */
  onEvent(event: ArenaEvent, before: Arena): void
  /** A whole arena replaced the copy. */
  onArena(before: Arena): void
  onReferee(id: number): void
}

export class RefereeDesk {
  readonly #room: GameRoom
  readonly #calls: Rpcs<typeof arenaCalls>
  readonly #watcher: DeskWatcher
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
  readonly #deaths = new Map<number, Bucket>()

  constructor(room: GameRoom, watcher: DeskWatcher, seed: number) {
    this.#room = room
    this.#watcher = watcher
    this.#seed = seed
    this.#refereeId = chooseReferee(room.id, room.peers, room.host)
    const { claim, ask, arena, events } = arenaCalls
    this.#calls = room.rpcs(
      {
        claim: claim.handle(({ sender }, orb) => {
          if (this.#office) this.#decide(judgeClaim(this.#arena, orb, sender))
        }),
        ask: ask.handle(({ sender }) => {
          if (this.#office) this.#calls.arena.to(sender)(this.#arena)
        }),
        arena: arena.handle(({ sender }, copy) => {
          this.#requireReferee(sender)
          const before = this.#arena
          this.#arena = copy
          this.#synced = true
          this.#hasCopy = true
          watcher.onArena(before)
        }),
        events: events.handle(({ sender }, changes) => {
          this.#requireReferee(sender)
          // Before the whole there is nothing that a delta could apply to; the whole will have it.
          if (this.#synced) for (const event of changes) this.#apply(event)
        }),
      },
      { set: 'arena' },
    )
  }

  get arena(): Arena {
    return this.#arena
  }

  get refereeId(): number {
    return this.#refereeId
  }

  /** To be called when a peer comes or goes or the room's host changes. */
  review(): void {
    const { id, peers, host } = this.#room
    const chosen = chooseReferee(id, peers, host)
    if (chosen === this.#refereeId) return
    this.#refereeId = chosen
    this.#office = undefined
    this.#synced = false
    this.#askIn = 0
    this.#watcher.onReferee(chosen)
  }

  /** A peer is gone. */
  forget(id: number): void {
    this.#deaths.delete(id)
  }

  /** One step of the simulation. */
  step(tick: number): void {
    this.#age++
    const { id, peers } = this.#room
    if (this.#refereeId === id) {
      this.#office ??= this.#takeOffice(tick)
      if (this.#office) this.#decide(tickReferee(this.#office, this.#arena, [id, ...peers], tick))
    } else if (!this.#synced && this.#askIn-- <= 0) {
      this.#askIn = ASK_TICKS
      this.#toReferee((id) => this.#calls.ask.to(id)())
    }
  }

  /** This peer touched an orb. */
  claim(orb: number): void {
    if (this.#office) this.#decide(judgeClaim(this.#arena, orb, this.#room.id))
    else if (this.#synced) this.#toReferee((id) => this.#calls.claim.to(id)(orb))
  }

  /** A peer (or this one) was destroyed. Everybody hears of it; only the referee has to do something. */
  reportKill(victim: number, by: number, at: { readonly x: number; readonly y: number }): void {
    if (!this.#office) return
    // Nobody dies more often than it comes back: otherwise two could trade kills for points.
    const deaths = this.#deaths.get(victim) ?? new Bucket(1.5, 1 / RESPAWN_SECONDS)
    this.#deaths.set(victim, deaths)
    if (deaths.take(this.#room.clock.now())) this.#decide(judgeKill(this.#office, this.#arena, victim, by, at))
  }

  #takeOffice(tick: number): Referee | undefined {
    const { id, host } = this.#room
    if (!this.#hasCopy) {
      if (host !== id && this.#age < PATIENCE_TICKS) return undefined
      this.#hasCopy = true
      this.#arena = createArena(tick)
    }
    return createReferee(this.#arena, this.#seed + this.#terms++)
  }

  #toReferee(call: (id: number) => void): void {
    try {
      call(this.#refereeId)
    } catch (error) {
      // It has another version of the game, of which `rpcMismatch` tells; or it left at this moment.
      if (!(error instanceof NetError)) throw error
    }
  }

  #requireReferee(sender: number): void {
    if (sender === this.#refereeId) return
    throw new RpcError('NOT_THE_REFEREE', `Peer ${sender} speaks as the referee, which is ${this.#refereeId}.`)
  }

  #decide(events: readonly ArenaEvent[]): void {
    if (events.length === 0) return
    this.#calls.events([...events])
    for (const event of events) this.#apply(event)
  }

  #apply(event: ArenaEvent): void {
    const before = this.#arena
    this.#arena = applyEvent(before, event)
    this.#watcher.onEvent(event, before)
  }
}
