// Several players at one table: real rooms over the simulated network, whose time moves only when a test says so.

import { createBot, think } from '../../../src/game-demo/bot.ts'
import type { GameEvent } from '../../../src/game-demo/net/events.ts'
import { GameSession } from '../../../src/game-demo/net/session.ts'
import { presenceOf } from '../../../src/game-demo/profile.ts'
import { IDLE, type ShipInput } from '../../../src/game-demo/rules/ship.ts'
import { joinRoom, type NetError, type Room } from '../../../src/index.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { TableSignaling } from './table-signaling.ts'

export interface Player {
  readonly id: number
  readonly room: Room
  readonly session: GameSession
  readonly events: GameEvent[]
  /** What the library told of others' faults. */
  readonly errors: NetError[]
  /** Asked at every step. */
  pilot: () => ShipInput
}

export class ArenaTable {
  readonly network = new SimulatedNetwork({ seed: 5, latencyMs: 10 })
  readonly signaling = new TableSignaling()
  readonly players: Player[] = []

  /** A player who is connected with all who are there, and knows the time. */
  async join(id: number): Promise<Player> {
    const others = this.players.map((player) => player.id)
    const player = await this.sit(id)
    for (const other of others) this.signaling.connect(id, other)
    await this.network.until(() => player.room.peers.length === others.length && player.room.clock.synchronized)
    return player
  }

  /** A player who is connected as the test likes. */
  async sit(id: number): Promise<Player> {
    const room = await this.enter(id)
    const profile = { name: `P${id}`, colour: id % 12, bot: false }
    const events: GameEvent[] = []
    const errors: NetError[] = []
    room.on('error', (error) => errors.push(error))
    const session = new GameSession({ room, profile, seed: id, control: () => player.pilot() })
    session.on((event) => events.push(event))
    const player: Player = { id, room, session, events, errors, pilot: () => IDLE }
    this.players.push(player)
    return player
  }

  /** A room without a player in it yet. */
  enter(id: number): Promise<Room> {
    const presence = presenceOf({ name: `P${id}`, colour: id % 12, bot: false })
    const options = { ...this.network.peerOptions(`P${id}`), signaling: this.signaling.seat(id), presence }
    return this.network.until(joinRoom({ ...options, room: 'TABLE' }))
  }

  /** Lets a bot steer. */
  hand(player: Player): void {
    const mind = createBot(player.id)
    player.pilot = () => think(player.session.view(), mind)
  }

  leave(player: Player): void {
    player.session.dispose()
    this.players.splice(this.players.indexOf(player), 1)
    void player.room.leave()
  }

  run(seconds: number): Promise<void> {
    return this.network.run(seconds * 1000)
  }
}
