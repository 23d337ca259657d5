// Two sides of a bulk connection, of which anything may break at any moment: signals come late and in order, connections fail,
// cannot be made or are cut off, either side gives up. In the end both agree, and nothing is left behind.

import { expect, it } from 'vitest'
import { BulkConnection } from '../../src/multiplayer/bulk-connection.ts'
import { CONNECT_TIMEOUT_MS, MAX_BULK_ATTEMPTS } from '../../src/multiplayer/constants.ts'
import type { ConnectionConfiguration, DriverConnection } from '../../src/net/drivers/driver.ts'
import { seededRandom } from '../../src/net/random.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

const SCENARIOS = 150

interface Side {
  readonly bulk: BulkConnection
  readonly connections: DriverConnection[]
  /** No connection can be made. */
  forbidden: boolean
  /** How often it was told to be open, less how often to be open no more. */
  opened: number
}

async function play(seed: number): Promise<string> {
  const random = seededRandom(seed)
  const below = (limit: number) => random() % limit
  const conditions = {
    latencyMs: below(200),
    loss: below(2) * 0.2,
    transport: (['node', 'browser'] as const)[below(2)]!,
  }
  const network = new SimulatedNetwork({ seed, ...conditions })
  const { clock } = network
  const sides: Side[] = []
  const make = (index: number): Side => {
    const { driver } = network.peerOptions(`${index}`)
    const latencyMs = below(500)
    let arrivesAt = 0
    const watched = {
      ...driver,
      createConnection: (...args: Parameters<typeof driver.createConnection>) => {
        if (side.forbidden) throw new Error('no more connections')
        const connection = driver.createConnection(...args)
        side.connections.push(connection)
        return connection
      },
    }
    const bulk: BulkConnection = new BulkConnection({
      configuration: () => ({ driver: watched }) as ConnectionConfiguration,
      offers: index === 0,
      clock,
      send(payload) {
        const stall = below(10) === 0 ? below(CONNECT_TIMEOUT_MS + 5_000) : 0
        arrivesAt = Math.max(arrivesAt, clock.now() + latencyMs + stall)
        clock.setTimeout(() => sides[1 - index]!.bulk.signal(payload), arrivesAt - clock.now())
      },
      opened: () => {
        side.opened += 1
      },
      packet: () => {},
      drained: () => {},
      closed: () => {
        side.opened -= 1
        // The link flushes, and has more.
        bulk.want()
      },
    })
    const side: Side = { bulk, connections: [], forbidden: false, opened: 0 }
    return side
  }
  sides.push(make(0), make(1))
  for (let step = 5 + below(20); step > 0; step--) {
    await network.run(below(below(2) ? 300 : 8_000))
    const side = sides[below(2)]!
    const what = below(11)
    if (what < 5) side.bulk.want()
    else if (what === 5) side.bulk.lose()
    else if (what === 6) for (const { bulk } of sides) bulk.lose()
    else if (what === 7) side.connections.at(-1)?.close()
    else if (what === 8) side.forbidden = !side.forbidden
    else if (what === 9) network.interrupt(below(20_000))
    else if (below(10) === 0 && side.bulk.state === 'open') side.bulk.giveUp()
  }
  for (const side of sides) side.forbidden = false
  network.set({ loss: 0 })
  // What is under way arrives, and silence is noticed.
  await network.run(60_000)
  const wants = sides[below(2)]!.bulk
  const agree = (state: string) => sides.every(({ bulk }) => bulk.state === state)
  for (let n = 0; n < 300 && !agree('open') && !agree('shared'); n++) {
    wants.want()
    await network.run(1_000)
  }
  const [state, other] = sides.map(({ bulk }) => bulk.state)
  expect(other).toBe(state)
  for (const { bulk, connections, opened } of sides) {
    expect(opened).toBe(state === 'open' ? 1 : 0)
    expect(connections.length).toBeLessThanOrEqual(MAX_BULK_ATTEMPTS)
    bulk.close()
  }
  await network.run(60_000)
  expect(clock.pendingTimers).toBe(0)
  return state!
}

it('both sides agree in the end, whatever breaks in whatever order, and leave nothing behind', async () => {
  const ends = new Set<string>()
  for (let seed = 1; seed <= SCENARIOS; seed++) ends.add(await play(seed))
  expect([...ends].sort()).toEqual(['open', 'shared'])
})
