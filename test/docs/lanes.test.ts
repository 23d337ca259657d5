// The examples in docs/lanes.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { afterAll, expect, test } from 'vitest'
import { joinRoom, type Room } from '../../src/index.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { loadExamples } from './support/examples.ts'

/** What the examples export. */
interface Examples {
  sendFile(room: Room, to: number, file: Uint8Array): Promise<void>
  showProgress(room: Room, bar: { value: number }): () => void
  ShipSender: new () => { send(room: Room, to: number, ship: { id: number; x: number; y: number }): void }
  shipsPerTick(room: Room, id: number, ships: number): number
  countLanes(room: Room, id: number): ReadonlyMap<string, number>
}

const { compile, examples, remove } = await loadExamples<Examples>('docs/lanes.md')

afterAll(remove)

async function twoPeers(network: SimulatedNetwork): Promise<[alice: Room, bob: Room]> {
  const alice = await network.until(joinRoom(network.peerOptions('alice')))
  const bob = await network.until(joinRoom({ ...network.peerOptions('bob'), room: alice.code }))
  await network.until(() => alice.peers.length === 1 && bob.peers.length === 1)
  return [alice, bob]
}

test('the examples compile', () => {
  expect(compile()).toBe('')
}, 60_000)

test('a file arrives whole while the sender holds back, and its lane is seen', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const [alice, bob] = await twoPeers(network)
  let received = 0
  bob.on('packet', (value) => {
    received += (value as Uint8Array).length
  })
  const lanes = examples.countLanes(alice, bob.id)
  const file = new Uint8Array(1_000_000)
  let most = 0
  alice.on('progress', () => {
    most = Math.max(most, alice.stats(bob.id).bufferedBytes)
  })
  await network.until(examples.sendFile(alice, bob.id, file))
  await network.until(() => received === file.length)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(file.length / 2)
  expect(lanes.get('bulk')).toBeGreaterThanOrEqual(file.length)
  expect(examples.shipsPerTick(alice, bob.id, 1_000)).toBeGreaterThan(1)
})

test('a bar shows how far a packet has come', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const [alice, bob] = await twoPeers(network)
  const values: number[] = []
  const bar = {
    set value(value: number) {
      values.push(value)
    },
  }
  examples.showProgress(bob, bar as { value: number })
  alice.sendBytes(new Uint8Array(300_000))
  await network.until(() => values.at(-1) === 1)
  expect(values.length).toBeGreaterThan(3)
  expect(values).toEqual([...values].sort((a, b) => a - b))
})

test('a ship is sent again until it is known to have arrived', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20, loss: 0.2 })
  const [alice, bob] = await twoPeers(network)
  const ships: unknown[] = []
  bob.on('packet', (value) => ships.push(value))
  const sender = new examples.ShipSender()
  for (let tick = 0; tick < 120; tick++) {
    sender.send(alice, bob.id, { id: 7, x: 1, y: 2 })
    await network.run(1000 / 60)
  }
  expect(ships[0]).toEqual([7, 1, 2])
  // Not any more from then on.
  expect(ships.length).toBeLessThan(20)
})
