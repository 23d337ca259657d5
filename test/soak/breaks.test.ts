// Breaks of every kind, at any moment of a game between two peers: nothing that was sent reliably is lost, doubled or out of
// order. Ten breaks a seed; `npm run soak` runs 10,000 of them, `npm test` some hundred.

import { expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import type { DriverConnection } from '../../src/net/drivers/driver.ts'
import { randomUnit, seededRandom } from '../../src/net/random.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { watchedDriver } from '../support/watched-driver.ts'
import { SOAK_TIMEOUT_MS } from './seeds.ts'

const BREAKS = 10
/** Seeds in `npm test`. */
const SHORT = 10

function seeds(): number[] {
  const { SOAK_SEED, SOAK_SEEDS } = process.env
  if (SOAK_SEED !== undefined) return [Number(SOAK_SEED)]
  const count = SOAK_SEEDS === undefined ? SHORT : Math.ceil(Number(SOAK_SEEDS) / BREAKS)
  return Array.from({ length: count }, (_, i) => i + 1)
}

interface Player {
  readonly name: string
  readonly room: Room
  readonly connections: DriverConnection[]
  /** What it sent and heard, by kind: the numbers in their order. */
  readonly sent: Record<Kind, number>
  readonly heard: Record<Kind, number[]>
  readonly words: string[]
}

const KINDS = ['game', 'user', 'bulk'] as const
type Kind = (typeof KINDS)[number]

it('nothing reliable is lost or doubled', { timeout: SOAK_TIMEOUT_MS }, async () => {
  let breaks = 0
  for (const seed of seeds()) breaks += await play(seed)
  console.info(`${breaks} breaks`)
})

async function play(seed: number): Promise<number> {
  const random = seededRandom(seed)
  const upTo = (most: number) => Math.floor(randomUnit(random) * most)
  const network = new SimulatedNetwork({
    seed,
    latencyMs: 5 + upTo(75),
    loss: upTo(2) * 0.02,
    transport: seed % 2 === 0 ? 'node' : 'browser',
  })
  const one = await enter(network, 'one')
  const two = await enter(network, 'two', one.room.code)
  const players = [one, two]
  await network.until(() => players.every(({ room }) => room.peers.length === 1))
  for (let i = 0; i < BREAKS; i++) {
    await chat(network, players, upTo, 5 + upTo(20))
    const victim = players[upTo(2)]!
    const ms = 50 + upTo(upTo(3) === 0 ? 9_000 : 2_500)
    let mend = () => {}
    switch (upTo(5)) {
      case 0:
        network.interrupt(ms)
        break
      case 1:
        victim.connections.at(-1)!.close()
        break
      case 2:
        for (const { connections } of players) connections.at(-1)!.close()
        break
      case 3: {
        const { there } = network.between('one', 'two')
        const { loss } = network.conditions
        there.set({ loss: 1 })
        mend = () => there.set({ loss })
        break
      }
      default:
        network.freeze(victim.name)
        mend = () => network.thaw(victim.name)
    }
    await chat(network, players, upTo, Math.ceil(ms / 50))
    mend()
    // Sometimes the next one comes before all is well again.
    await network.run(upTo(4) === 0 ? upTo(500) : 4_000)
  }
  const complete = () => players.every((player, side) => isComplete(player, players[1 - side]!))
  await network.until(complete, { limitMs: 60_000 }).catch(() => {})
  for (const [side, player] of players.entries()) {
    for (const kind of KINDS) {
      const all = Array.from({ length: players[1 - side]!.sent[kind] }, (_, n) => n)
      expect(player.heard[kind], `seed ${seed}, ${player.name}, ${kind}: ${player.words}`).toEqual(all)
    }
    expect(
      player.words.filter((word) => word !== 'reconnecting' && word !== 'reconnected'),
      `seed ${seed}`,
    ).toEqual([])
  }
  await network.until(Promise.all(players.map(({ room }) => room.leave())))
  await network.run(2_000)
  expect(network.clock.pendingTimers, `seed ${seed}`).toBe(0)
  return BREAKS
}

async function enter(network: SimulatedNetwork, name: string, room?: string): Promise<Player> {
  const options = network.peerOptions(name)
  const connections: DriverConnection[] = []
  // The bulk connection is one of them, too.
  const driver = watchedDriver(options.driver, connections)
  const joined = await network.until(
    joinRoom({ ...options, driver, room, channels: [TransferMode.Reliable], graceMs: 60_000 }),
  )
  const none = () => ({ game: [], user: [], bulk: [] })
  const player: Player = {
    ...{ name, room: joined, connections, sent: { game: 0, user: 0, bulk: 0 }, heard: none(), words: [] },
  }
  joined.on('packet', (value, _from, mode) => {
    if (mode !== TransferMode.Reliable) return
    const [kind, number] = value as [Kind, number]
    player.heard[kind].push(number)
  })
  joined.on('peerReconnecting', () => player.words.push('reconnecting'))
  joined.on('peerReconnected', () => player.words.push('reconnected'))
  joined.on('peerDisconnected', (_id, reason) => player.words.push(reason))
  joined.on('error', ({ message }) => player.words.push(message))
  return player
}

async function chat(
  network: SimulatedNetwork,
  players: readonly Player[],
  upTo: (most: number) => number,
  ticks: number,
): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) {
    for (const { room, sent } of players) {
      if (room.peers.length === 0) continue
      room.send(['game', sent.game++, '.'.repeat(upTo(10) === 0 ? 3_000 : 10)])
      if (upTo(3) === 0) room.send(['user', sent.user++], { channel: 1 })
      if (upTo(40) === 0) room.send(['bulk', sent.bulk++, '.'.repeat(upTo(40_000))], { lane: 'bulk' })
      room.send('state', { mode: TransferMode.Unreliable, key: 'state' })
    }
    await network.run(50)
  }
}

function isComplete({ heard }: Player, { sent }: Player): boolean {
  return KINDS.every((kind) => heard[kind].length >= sent[kind])
}
