// One player's game in a room: own ship, the others as they tell it, shots, the shared arena. An ordinary user of `Room`: RPCs
// carry what happens, presence says who is who, and the room's ticker makes the same steps at everybody's, also in hidden
// tabs. It knows nothing of the page, so that the bot in Node plays by it too.
//
// Who decides what: each peer its own ship, and whether that was hit; the referee orbs, points and rounds.

import { type Rpcs, type Ticker, unwrapTick, wrapTick } from '../../index.ts'
import { type Profile, presenceOf, profileOf } from '../profile.ts'
import { type Arena, type ArenaEvent, type Orb, OrbKind, secondsLeft } from '../rules/arena.ts'
import { ORB_REACH, SHOT_LIFETIME, STEP, TICK_RATE } from '../rules/constants.ts'
import { createRng, type Rng } from '../rules/rng.ts'
import {
  giveSurge,
  hitShip,
  IDLE,
  isAlive,
  mayRespawn,
  repairShip,
  type Ship,
  type ShipInput,
  spawnShip,
  stepShip,
} from '../rules/ship.ts'
import { fire, type Shot, type Volley } from '../rules/shot.ts'
import { CHAT_LENGTH, cleanText } from '../text.ts'
import type { GameEvent, GameListener } from './events.ts'
import type { GameRoom } from './game-room.ts'
import { Bucket } from './limits.ts'
import { calls, STEPS_PER_STATE } from './protocol.ts'
import { RefereeDesk } from './referee-desk.ts'
import { createRemotePlayer, type RemotePlayer } from './remote-player.ts'
import { ShotField } from './shot-field.ts'
import { ownShipView, remoteShipView, type ShipView, type WorldView } from './world-view.ts'

export interface GameSessionOptions {
  readonly room: GameRoom
  /** Who this player is: what the room was joined with, as `presenceOf` puts it. */
  readonly profile: Profile
  /** For spawn places, and for orbs where this peer is the referee. */
  readonly seed: number
  /** Asked once per step, for what the pilot wants. */
  readonly control: () => ShipInput
}

/** An orb whose claim nobody confirmed in this time is shown again. */
const CLAIM_SECONDS = 1
const ORB_REPAIR = 8
const STEP_MS = STEP * 1000

export class GameSession {
  readonly #room: GameRoom
  readonly #control: () => ShipInput
  readonly #rng: Rng
  readonly #desk: RefereeDesk
  readonly #calls: Rpcs<typeof calls>
  readonly #ticker: Ticker
  readonly #shots = new ShotField()
  readonly #players = new Map<number, RemotePlayer>()
  readonly #listeners = new Set<GameListener>()
  readonly #offs: (() => void)[]
  /** As the others limit it: what they would drop is not sent. */
  readonly #ownChats = new Bucket(6, 1)
  /** Orbs that this peer touched, with the seconds to wait for the referee's word. */
  readonly #claims = new Map<number, number>()
  #profile: Profile
  #ship: Ship
  #before: Ship
  #nextShot = 0

  constructor({ room, profile, seed, control }: GameSessionOptions) {
    this.#room = room
    this.#profile = profile
    this.#control = control
    this.#rng = createRng(seed)
    this.#ship = spawnShip(this.#rng, [])
    this.#before = this.#ship
    this.#ticker = room.ticker({ hz: TICK_RATE })
    this.#desk = new RefereeDesk(
      room,
      {
        onEvent: (event, before) => this.#onArenaEvent(event, before),
        onArena: (before) => this.#onArena(before),
        onReferee: (id) => this.#emit({ type: 'referee', id }),
      },
      seed,
    )
    this.#calls = this.#listen(room)
    this.#offs = [
      room.on('peerConnected', (id) => this.#onConnected(id)),
      room.on('peerDisconnected', (id) => this.#onDisconnected(id)),
      room.on('presenceChanged', (id) => this.#onPresence(id)),
      room.on('roomChanged', () => this.#desk.review()),
      room.on('rpcMismatch', (id) => this.#emit({ type: 'outdated', id })),
      this.#ticker.on('tick', (tick) => this.#step(tick)),
    ]
    // Those who were connected before anybody listened.
    for (const id of room.peers) this.#onConnected(id)
    this.#ticker.start()
  }

  /** Lets go of the room, which stays open. */
  dispose(): void {
    this.#ticker.stop()
    for (const off of this.#offs) off()
    this.#listeners.clear()
    this.#players.clear()
  }

  on(listener: GameListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get id(): number {
    return this.#room.id
  }

  /** Whether the room's time is known here: before that nothing moves. */
  get ready(): boolean {
    return this.#ticker.tick >= 0
  }

  get profile(): Profile {
    return this.#profile
  }

  get arena(): Arena {
    return this.#desk.arena
  }

  get refereeId(): number {
    return this.#desk.refereeId
  }

  profileOf(id: number): Profile | undefined {
    return id === this.id ? this.#profile : this.#players.get(id)?.profile
  }

  /** The others. */
  get players(): readonly { readonly id: number; readonly profile: Profile }[] {
    return [...this.#players.values()]
  }

  /** Signaling tells the others, when its link stands. */
  setProfile(profile: Profile): void {
    this.#room.setPresence(presenceOf(profile))
    this.#profile = profile
    this.#emit({ type: 'named', id: this.id, name: profile.name, first: false })
  }

  /** Says something to everybody. False: nothing was left to say, or too much was said lately. */
  chat(text: string): boolean {
    const clean = cleanText(text, CHAT_LENGTH)
    if (clean === '' || !this.#ownChats.take(this.#room.clock.now())) return false
    this.#calls.chat(clean)
    this.#emit({ type: 'chat', from: this.id, text: clean })
    return true
  }

  /** What there is to see now. */
  view(): WorldView {
    const now = this.#room.clock.now()
    const self = ownShipView(this.id, this.#profile, this.#before, this.#ship, this.#ticker.alpha)
    const ships: ShipView[] = [self]
    for (const player of this.#players.values()) {
      const ship = remoteShipView(player, now)
      if (ship) ships.push(ship)
    }
    const { arena } = this.#desk
    const orbs = this.#claims.size === 0 ? arena.orbs : arena.orbs.filter((orb) => !this.#claims.has(orb.id))
    const { respawnIn } = this.#ship
    const remaining = secondsLeft(arena, Math.max(0, this.#ticker.tick))
    return { self, ships, shots: this.#shots.shots, orbs, arena, remaining, respawnIn }
  }

  // --- the simulation ---

  #step(tick: number): void {
    this.#desk.step(tick)
    const playing = this.#desk.arena.phase === 'play'
    const input = this.#control()
    this.#before = this.#ship
    this.#ship = stepShip(this.#ship, playing ? input : { ...IDLE, turn: 0.25 })
    if (mayRespawn(this.#ship)) this.#spawn()
    if (playing && input.fire) this.#fire(tick)
    this.#stepShots()
    if (playing) this.#touchOrbs()
    this.#watchSpawns()
    if (tick % STEPS_PER_STATE !== 0) return
    const { x, y, vx, vy, angle, life, energy, thrust, shield, surge } = this.#ship
    this.#calls.state(wrapTick(tick, 16), x, y, vx, vy, angle, life, energy, thrust > 0.1, shield > 0, surge > 0)
  }

  #spawn(): void {
    const others = [...this.#players.values()].flatMap((player) => player.buffer.newest ?? [])
    this.#ship = spawnShip(this.#rng, others, this.#ship)
    this.#before = this.#ship
    this.#emit({ type: 'spawned', id: this.id, x: this.#ship.x, y: this.#ship.y })
  }

  #fire(tick: number): void {
    const fired = fire(this.#ship, this.#nextShot)
    if (!fired) return
    this.#ship = fired.ship
    this.#nextShot += fired.volley.count
    const { firstId, count, x, y, vx, vy, angle } = fired.volley
    this.#calls.volley(wrapTick(tick, 16), firstId, count, x, y, vx, vy, angle)
    this.#addVolley(this.id, fired.volley, 0)
  }

  #addVolley(owner: number, volley: Volley, lateMs: number): void {
    this.#shots.add(owner, volley, lateMs, this.#ship)
    this.#emit({ type: 'fired', by: owner, x: volley.x, y: volley.y, angle: volley.angle })
  }

  #stepShots(): void {
    const { ended, touched } = this.#shots.step(this.id, isAlive(this.#ship) ? this.#ship : undefined)
    for (const { x, y, owner } of ended) this.#emit({ type: 'sparks', x, y, owner })
    for (const shot of touched) this.#takeHit(shot)
  }

  /** The victim decides: what it saw hit it did. */
  #takeHit(shot: Shot): void {
    // Of two shots in the same step the first may have been enough.
    if (!isAlive(this.#ship)) return
    if (this.#ship.shield > 0) {
      this.#emit({ type: 'sparks', x: shot.x, y: shot.y, owner: this.id })
      return
    }
    const { x, y } = this.#ship
    this.#ship = hitShip(this.#ship)
    const { energy } = this.#ship
    this.#calls.hit(shot.owner, shot.id, energy, x, y)
    this.#reportHit(this.id, shot.owner, energy, x, y)
  }

  #reportHit(victim: number, by: number, energy: number, x: number, y: number): void {
    if (energy > 0) {
      this.#emit({ type: 'hit', victim, by, x, y })
      return
    }
    this.#emit({ type: 'destroyed', victim, by, x, y })
    this.#desk.reportKill(victim, by, { x, y })
  }

  #touchOrbs(): void {
    for (const [id, left] of this.#claims) {
      if (left <= STEP) this.#claims.delete(id)
      else this.#claims.set(id, left - STEP)
    }
    if (!isAlive(this.#ship)) return
    for (const orb of this.#desk.arena.orbs) {
      if (this.#claims.has(orb.id) || Math.hypot(orb.x - this.#ship.x, orb.y - this.#ship.y) > ORB_REACH) continue
      this.#claims.set(orb.id, CLAIM_SECONDS)
      this.#desk.claim(orb.id)
    }
  }

  #watchSpawns(): void {
    const now = this.#room.clock.now()
    for (const player of this.#players.values()) {
      const shown = player.buffer.sample(now)
      if (!shown || shown.state.life === player.shownLife) continue
      // The life before its first state was not seen to begin.
      const { x, y } = shown
      if (player.shownLife !== undefined && shown.state.energy > 0) this.#emit({ type: 'spawned', id: player.id, x, y })
      player.shownLife = shown.state.life
    }
  }

  // --- the arena ---

  #onArenaEvent(event: ArenaEvent, before: Arena): void {
    if (event.type === 'phase') this.#onPhase()
    if (event.type !== 'taken') return
    this.#claims.delete(event.orb)
    const orb = before.orbs.find((candidate) => candidate.id === event.orb)
    if (!orb) return
    this.#emit({ type: 'taken', by: event.by, orb: orb.kind, x: orb.x, y: orb.y })
    if (event.by === this.id) this.#enjoy(orb)
  }

  #enjoy(orb: Orb): void {
    this.#ship = repairShip(this.#ship, ORB_REPAIR)
    if (orb.kind === OrbKind.Surge) this.#ship = giveSurge(this.#ship)
  }

  #onArena(before: Arena): void {
    const { phase, round } = this.#desk.arena
    if (before.phase !== phase || before.round !== round) this.#onPhase()
  }

  #onPhase(): void {
    const { phase, round } = this.#desk.arena
    this.#shots.clear()
    this.#claims.clear()
    if (phase === 'play') this.#spawn()
    this.#emit({ type: 'phase', phase, round })
  }

  // --- the network ---

  #listen(room: GameRoom): Rpcs<typeof calls> {
    return room.rpcs({
      state: calls.state.handle(({ sender }, tick, x, y, vx, vy, angle, life, energy, thrust, shielded, surging) => {
        const time = this.#timeOf(tick)
        const state = { x, y, vx, vy, angle, life, energy, thrust, shielded, surging }
        if (time !== undefined) this.#players.get(sender)?.buffer.push({ time, ...state }, room.clock.now())
      }),
      volley: calls.volley.handle(({ sender }, tick, firstId, count, x, y, vx, vy, angle) => {
        const late = room.clock.now() - (this.#timeOf(tick) ?? Number.NEGATIVE_INFINITY)
        // After a connection that was lost the shots of the meantime come together: they have flown by.
        if (this.#players.has(sender) && late < SHOT_LIFETIME * 1_000)
          this.#addVolley(sender, { firstId, count, x, y, vx, vy, angle }, late)
      }),
      hit: calls.hit.handle(({ sender }, by, shot, energy, x, y) => {
        if (by === sender || !this.#players.has(sender)) return
        this.#shots.remove(by, shot)
        this.#reportHit(sender, by, energy, x, y)
      }),
      chat: calls.chat.handle(({ sender }, text) => this.#emit({ type: 'chat', from: sender, text })),
    })
  }

  /** When a tick of another peer began, in the room's time; `undefined` until that is known here. */
  #timeOf(tick: number): number | undefined {
    return this.ready ? unwrapTick(tick, this.#ticker.tick, 16) * STEP_MS : undefined
  }

  #onConnected(id: number): void {
    const player = createRemotePlayer(id, profileOf(id, this.#room.players.get(id)))
    this.#players.set(id, player)
    this.#desk.review()
    this.#emit({ type: 'named', id, name: player.profile.name, first: true })
  }

  #onDisconnected(id: number): void {
    const player = this.#players.get(id)
    this.#players.delete(id)
    this.#shots.removeOwner(id)
    this.#desk.forget(id)
    this.#desk.review()
    if (player) this.#emit({ type: 'left', id, name: player.profile.name })
  }

  #onPresence(id: number): void {
    const player = this.#players.get(id)
    if (!player) return
    player.profile = profileOf(id, this.#room.players.get(id))
    this.#emit({ type: 'named', id, name: player.profile.name, first: false })
  }

  #emit(event: GameEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
