// Several sessions at one table: a network in memory and one clock, which moves only when a test says so.

import type { GameEvent } from '../../../src/game-demo/net/events.ts'
import type { Kind } from '../../../src/game-demo/net/messages.ts'
import { GameSession } from '../../../src/game-demo/net/session.ts'
import { IDLE, type ShipInput } from '../../../src/game-demo/rules/ship.ts'
import { FakeNetwork, type FakeRoom } from './fake-room.ts'

export interface Player {
  readonly id: number
  readonly room: FakeRoom
  readonly session: GameSession
  readonly events: GameEvent[]
  input: ShipInput
}

export class ArenaTable {
  readonly network = new FakeNetwork()
  readonly players: Player[] = []
  now = 1_000

  /** A player who is connected with all who are there. */
  join(id: number): Player {
    return this.sit(this.network.join(id))
  }

  /** A player in a room that is connected as the test likes. */
  sit(room: FakeRoom): Player {
    const { id } = room
    const events: GameEvent[] = []
    const session = new GameSession({
      room,
      profile: { name: `P${id}`, colour: id % 12, bot: false },
      seed: id,
      control: () => player.input,
      now: () => this.now,
    })
    session.on((event) => events.push(event))
    const player: Player = { id, room, session, events, input: IDLE }
    this.players.push(player)
    return player
  }

  leave(player: Player): void {
    player.session.dispose()
    this.players.splice(this.players.indexOf(player), 1)
    this.network.remove(player.id)
  }

  run(seconds: number): void {
    const end = this.now + seconds * 1000
    while (this.now < end) {
      this.now += 16
      for (const { session } of this.players) session.update()
      this.network.flush()
    }
  }
}

/** How many packets of a kind a room has sent. */
export function sentOfKind(room: FakeRoom, kind: (typeof Kind)[keyof typeof Kind]): number {
  return room.sent.filter(({ value }) => Array.isArray(value) && value[0] === kind).length
}
