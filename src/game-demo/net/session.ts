// One player's game in a room: own ship, the others as they tell it, shots, the shared arena. An ordinary user of
// `Room`; it knows nothing of the page, so that the bot in Node plays by it too. Call `update` often: it keeps the pace.
//
// Who decides what: each peer its own ship, and whether that was hit; the referee orbs, points and rounds.

import { type Room, TransferMode } from '../../index.ts'
import type { Profile } from '../profile.ts'
import { type Arena, type ArenaEvent, type Orb, OrbKind } from '../rules/arena.ts'
import { ORB_REACH, STEP } from '../rules/constants.ts'
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
import { decode } from './decode.ts'
import type { GameEvent, GameListener } from './events.ts'
import { Bucket } from './limits.ts'
import { encode, GAME_VERSION, Kind, type Message } from './messages.ts'
import { RefereeDesk } from './referee-desk.ts'
import { RemotePlayer } from './remote-player.ts'
import { ShotField } from './shot-field.ts'
import { Stepper } from './stepper.ts'
import { ownShipView, remoteShipView, type ShipView, shipState, type WorldView } from './world-view.ts'

/** What the game uses of a room. */
export type GameRoom = Pick<Room, 'id' | 'host' | 'peers' | 'send' | 'on'>

export interface GameSessionOptions {
  readonly room: GameRoom
  readonly profile: Profile
  /** For spawn places, and for orbs where this peer is the referee. */
  readonly seed: number
  /** Asked once per step, for what the pilot wants. */
  readonly control: () => ShipInput
  /** Monotonic, ms. Default: performance.now. */
  readonly now?: () => number
}

/** Steps between two states: 30 a second. */
const STEPS_PER_STATE = 2
/** An orb whose claim nobody confirmed in this time is shown again. */
const CLAIM_SECONDS = 1
const ORB_REPAIR = 8
const STEP_MS = STEP * 1000

export class GameSession {
  readonly #room: GameRoom
  readonly #control: () => ShipInput
  readonly #now: () => number
  readonly #rng: Rng
  readonly #desk: RefereeDesk
  readonly #stepper = new Stepper()
  readonly #shots = new ShotField()
  readonly #players = new Map<number, RemotePlayer>()
  readonly #listeners = new Set<GameListener>()
  readonly #offs: (() => void)[]
  readonly #ownChats = new Bucket(6, 1)
  /** Orbs that this peer touched, with the seconds to wait for the referee's word. */
  readonly #claims = new Map<number, number>()
  #profile: Profile
  #ship: Ship
  #before: Ship
  #nextShot = 0
  /** Simulation time, ms: the time in this peer's states. */
  #time = 0
  #stepsSinceState = 0

  constructor({ room, profile, seed, control, now }: GameSessionOptions) {
    this.#room = room
    this.#profile = profile
    this.#control = control
    this.#now = now ?? (() => performance.now())
    this.#rng = createRng(seed)
    this.#ship = spawnShip(this.#rng, [])
    this.#before = this.#ship
    this.#desk = new RefereeDesk(
      {
        self: room.id,
        peers: () => room.peers,
        host: () => room.host,
        send: (message, to) => this.#send(message, to),
        onEvent: (event, before) => this.#onArenaEvent(event, before),
        onSnapshot: (before) => this.#onSnapshot(before),
        onReferee: (id) => this.#emit({ type: 'referee', id }),
      },
      seed,
    )
    this.#offs = [
      room.on('peerConnected', (id) => this.#onConnected(id)),
      room.on('peerDisconnected', (id) => this.#onDisconnected(id)),
      room.on('packet', (value, from) => this.#onPacket(value, from)),
      room.on('roomChanged', () => this.#desk.review()),
    ]
    // Those who were connected before anybody listened.
    for (const id of room.peers) this.#onConnected(id)
  }

  /** Lets go of the room, which stays open. */
  dispose(): void {
    for (const off of this.#offs) off()
    this.#listeners.clear()
  }

  on(listener: GameListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get id(): number {
    return this.#room.id
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

  /** Messages of one peer, or of all, that were not understood or not allowed. */
  rejected(id?: number): number {
    if (id !== undefined) return this.#players.get(id)?.rejected ?? 0
    let sum = 0
    for (const player of this.#players.values()) sum += player.rejected
    return sum
  }

  profileOf(id: number): Profile | undefined {
    return id === this.id ? this.#profile : this.#players.get(id)?.profile
  }

  /** The others, as far as they have said who they are. */
  get namedPlayers(): { readonly id: number; readonly profile: Profile }[] {
    return [...this.#players.values()].filter(({ named }) => named).map(({ id, profile }) => ({ id, profile }))
  }

  setProfile(profile: Profile): void {
    this.#profile = profile
    this.#send(this.#hello())
    this.#emit({ type: 'named', id: this.id, name: profile.name, first: false })
  }

  /** Says something to everybody. False: nothing was left to say, or too much was said lately. */
  chat(text: string): boolean {
    const clean = cleanText(text, CHAT_LENGTH)
    if (clean === '' || !this.#ownChats.take(this.#now())) return false
    this.#send({ kind: Kind.Chat, text: clean })
    this.#emit({ type: 'chat', from: this.id, text: clean })
    return true
  }

  /** Plays on to now. */
  update(): void {
    const now = this.#now()
    const steps = this.#stepper.advance(now)
    this.#time += this.#stepper.skipped
    for (let step = 0; step < steps; step++) this.#step(now)
    if (this.#stepsSinceState >= STEPS_PER_STATE) {
      this.#stepsSinceState = 0
      this.#send(
        { kind: Kind.State, state: shipState(this.#ship, this.#time) },
        undefined,
        TransferMode.UnreliableOrdered,
      )
    }
  }

  /** What there is to see now. */
  view(): WorldView {
    const now = this.#now()
    const self = ownShipView(this.id, this.#profile, this.#before, this.#ship, this.#stepper.progress(now))
    const ships: ShipView[] = [self]
    for (const player of this.#players.values()) {
      const ship = remoteShipView(player, now)
      if (ship) ships.push(ship)
    }
    const { arena } = this.#desk
    const orbs = this.#claims.size === 0 ? arena.orbs : arena.orbs.filter((orb) => !this.#claims.has(orb.id))
    return { self, ships, shots: this.#shots.shots, orbs, arena, respawnIn: this.#ship.respawnIn }
  }

  // --- the simulation ---

  #step(now: number): void {
    this.#time += STEP_MS
    this.#stepsSinceState++
    this.#desk.step()
    const playing = this.#desk.arena.phase === 'play'
    const input = this.#control()
    this.#before = this.#ship
    this.#ship = stepShip(this.#ship, playing ? input : { ...IDLE, turn: 0.25 })
    if (mayRespawn(this.#ship)) this.#spawn()
    if (playing && input.fire) this.#fire()
    this.#stepShots(now)
    if (playing) this.#touchOrbs()
    this.#watchSpawns(now)
  }

  #spawn(): void {
    const others = [...this.#players.values()].flatMap((player) => player.buffer.newest ?? [])
    this.#ship = spawnShip(this.#rng, others, this.#ship)
    this.#before = this.#ship
    this.#emit({ type: 'spawned', id: this.id, x: this.#ship.x, y: this.#ship.y })
  }

  #fire(): void {
    const fired = fire(this.#ship, this.#nextShot)
    if (!fired) return
    this.#ship = fired.ship
    this.#nextShot += fired.volley.count
    // Reliable: a shot that only its owner sees would be worse than one that comes a little late.
    this.#send({ kind: Kind.Volley, time: this.#time, volley: fired.volley })
    this.#addVolley(this.id, fired.volley, 0)
  }

  #addVolley(owner: number, volley: Volley, lateMs: number): void {
    this.#shots.add(owner, volley, lateMs, this.#ship)
    this.#emit({ type: 'fired', by: owner, x: volley.x, y: volley.y, angle: volley.angle })
  }

  #stepShots(now: number): void {
    const { ended, touched } = this.#shots.step(this.id, isAlive(this.#ship) ? this.#ship : undefined)
    for (const { x, y, owner } of ended) this.#emit({ type: 'sparks', x, y, owner })
    for (const shot of touched) this.#takeHit(shot, now)
  }

  /** The victim decides: what it saw hit it did. */
  #takeHit(shot: Shot, now: number): void {
    // Of two shots in the same step the first may have been enough.
    if (!isAlive(this.#ship)) return
    if (this.#ship.shield > 0) {
      this.#emit({ type: 'sparks', x: shot.x, y: shot.y, owner: this.id })
      return
    }
    const { x, y } = this.#ship
    this.#ship = hitShip(this.#ship)
    const { energy } = this.#ship
    this.#send({ kind: Kind.Hit, by: shot.owner, shot: shot.id, energy, x, y })
    this.#reportHit(this.id, shot.owner, energy, x, y, now)
  }

  #reportHit(victim: number, by: number, energy: number, x: number, y: number, now: number): void {
    if (energy > 0) {
      this.#emit({ type: 'hit', victim, by, x, y })
      return
    }
    this.#emit({ type: 'destroyed', victim, by, x, y })
    this.#desk.reportKill(victim, by, { x, y }, now)
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

  #watchSpawns(now: number): void {
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

  #onSnapshot(before: Arena): void {
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

  #onConnected(id: number): void {
    if (!this.#players.has(id)) this.#players.set(id, new RemotePlayer(id))
    this.#send(this.#hello(), id)
    this.#desk.review()
  }

  #onDisconnected(id: number): void {
    const player = this.#players.get(id)
    this.#players.delete(id)
    this.#shots.removeOwner(id)
    this.#desk.forget(id)
    this.#desk.review()
    if (player) this.#emit({ type: 'left', id, name: player.profile.name })
  }

  #onPacket(value: unknown, from: number): void {
    const player = this.#players.get(from)
    if (!player) return
    const message = decode(value)
    if (!message || !this.#receive(message, player)) player.rejected++
  }

  /** False: it is not allowed to say that, or not so often. */
  #receive(message: Message, player: RemotePlayer): boolean {
    const now = this.#now()
    switch (message.kind) {
      case Kind.State:
        player.buffer.push(message.state, now)
        return true
      case Kind.Volley:
        if (!player.volleys.take(now)) return false
        this.#addVolley(player.id, message.volley, player.buffer.lateness(message.time, now))
        return true
      case Kind.Hit:
        if (!player.hits.take(now) || message.by === player.id) return false
        this.#shots.remove(message.by, message.shot)
        this.#reportHit(player.id, message.by, message.energy, message.x, message.y, now)
        return true
      case Kind.Hello:
        return player.hellos.take(now) && this.#onHello(message, player)
      case Kind.Chat:
        if (!player.chats.take(now)) return false
        this.#emit({ type: 'chat', from: player.id, text: message.text })
        return true
      default:
        return this.#desk.receive(message, player.id, now)
    }
  }

  #onHello(message: Message & { readonly kind: typeof Kind.Hello }, player: RemotePlayer): boolean {
    if (message.version !== GAME_VERSION) this.#emit({ type: 'outdated', id: player.id })
    const first = !player.named
    player.rename({ name: message.name, colour: message.colour, bot: message.bot })
    this.#emit({ type: 'named', id: player.id, name: message.name, first })
    return true
  }

  #hello(): Message {
    return { kind: Kind.Hello, version: GAME_VERSION, ...this.#profile }
  }

  #send(message: Message, to?: number, mode: TransferMode = TransferMode.Reliable): void {
    if (to === undefined && this.#room.peers.length === 0) return
    this.#room.send(encode(message), to === undefined ? { mode } : { mode, to })
  }

  #emit(event: GameEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
