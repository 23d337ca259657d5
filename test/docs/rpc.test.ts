// The examples in docs/rpc.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { afterAll, expect, test } from 'vitest'
import { hostRoom, joinRoom, type Room, rpc } from '../../src/index.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { loadExamples } from './support/examples.ts'

/** What the examples export. */
interface Examples {
  enterShop(room: Room, show: (text: string) => void): unknown
  openShop(room: Room): unknown
  openChat(room: Room, show: (name: string, text: string) => void): { say(name: string, text: string): boolean }
  buy(room: Room, calls: unknown, gold: number): Promise<string>
  warn(room: Room, show: (text: string) => void): void
}

const { compile, examples, remove } = await loadExamples<Examples>('docs/rpc.md', { './shop.ts': './example-1.ts' })

afterAll(remove)

async function hostAndGuest(network: SimulatedNetwork): Promise<[host: Room, guest: Room]> {
  const host = await network.until(hostRoom(network.peerOptions('host')))
  const guest = await network.until(joinRoom({ ...network.peerOptions('guest'), room: host.code }))
  return [host, guest]
}

test('the examples compile', () => {
  expect(compile()).toBe('')
}, 120_000)

test('a shop sells to those who can pay, and tells the others', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const [host, guest] = await hostAndGuest(network)
  const other = await network.until(joinRoom({ ...network.peerOptions('other'), room: host.code }))
  const shown: string[] = []
  examples.openShop(host)
  const calls = examples.enterShop(guest, () => shown.push('the buyer is told'))
  examples.enterShop(other, (text) => shown.push(text))
  expect(await network.until(examples.buy(guest, calls, 5))).toBe('paid 3')
  expect(await network.until(examples.buy(guest, calls, 2))).toBe('A sword costs 3.')
  await network.until(() => shown.length > 0)
  expect(shown).toEqual(['sword is sold'])
  network.kill('host')
  expect(await network.until(examples.buy(guest, calls, 5))).toBe('The shop is closed.')
})

test('a chat cleans what is said, on both sides', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const [host, guest] = await hostAndGuest(network)
  const shown: string[] = []
  const { say } = examples.openChat(host, (name, text) => shown.push(`host: ${name}: ${text}`))
  examples.openChat(guest, (name, text) => shown.push(`guest: ${name}: ${text}`))
  say(' Ada ', 'hello')
  await network.until(() => shown.length === 2)
  expect(shown).toEqual(['host: Ada: hello', 'guest: Ada: hello'])
  expect(() => say('', 'hello')).toThrow('Argument 1 of "say" is not valid')
})

test('players with another version are told so', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const [host, guest] = await hostAndGuest(network)
  const shown: string[] = []
  examples.warn(host, (text) => shown.push(text))
  host.rpcs({ chat: rpc.reliable('any_peer', () => {}) })
  guest.rpcs({ chat: rpc.reliable('authority', () => {}), buy: rpc.request('any_peer', () => 1) })
  await network.until(() => shown.length > 0)
  const differences = 'chat: mode is "any_peer" here and "authority" there; buy: only defined there'
  expect(shown).toEqual([`Player ${guest.id} has another version: ${differences}`])
})
