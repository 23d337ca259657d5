// The examples in docs/godot-users.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { afterAll, expect, test } from 'vitest'
import {
  hostRoom,
  joinRoom,
  type MultiplayerAPI,
  type PeerAuthentication,
  type Room,
  type Ticker,
  WebRTCPeerConnection,
} from '../../src/index.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { loadExamples } from './support/examples.ts'

interface Lobby {
  sendDescription(to: number, type: 'offer' | 'answer', sdp: string): void
  sendCandidate(to: number, media: string, index: number, name: string): void
}

/** What the examples export. */
interface Examples {
  joinByHand(myId: number, lobby: Lobby): { multiplayer: MultiplayerAPI; meet(theirId: number): WebRTCPeerConnection }
  defineCalls(
    room: Room,
    ships: Map<number, { x: number; y: number }>,
    print: (line: string) => void,
  ): { place(id: number, x: number, y: number): boolean }
  shareShips(
    room: Room,
    mine: () => { x: number; y: number },
    moved: (id: number, x: number, y: number) => void,
  ): Ticker
  listen(room: Room, print: (line: string) => void): void
  sesame: PeerAuthentication
  takeOrb(): Promise<string>
}

const { compile, examples, remove } = await loadExamples<Examples>('docs/godot-users.md')
afterAll(remove)

async function hostAndGuest(network: SimulatedNetwork, options: { authentication?: PeerAuthentication } = {}) {
  const host = await network.until(hostRoom({ ...network.peerOptions('host'), ...options }))
  const guest = await network.until(joinRoom({ ...network.peerOptions('guest'), ...options, room: host.code }))
  return [host, guest] as const
}

test('the examples compile', () => {
  expect(compile()).toBe('')
}, 60_000)

test('two peers meet by hand', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
  WebRTCPeerConnection.setDefaultExtension(network.driver)
  try {
    const ends = new Map<number, WebRTCPeerConnection>()
    const lobbyOf = (): Lobby => ({
      sendDescription: (to, type, sdp) => ends.get(to)!.setRemoteDescription(type, sdp),
      sendCandidate: (to, media, index, name) => ends.get(to)!.addIceCandidate(media, index, name),
    })
    const [one, two] = [examples.joinByHand(5, lobbyOf()), examples.joinByHand(3, lobbyOf())]
    ends.set(5, one.meet(3))
    ends.set(3, two.meet(5))
    await network.until(() => one.multiplayer.peers.length === 1 && two.multiplayer.peers.length === 1)
    expect([one.multiplayer.peers, two.multiplayer.peers]).toEqual([[3], [5]])
    await network.until(Promise.all([one.multiplayer.close(), two.multiplayer.close()]))
  } finally {
    WebRTCPeerConnection.setDefaultExtension(undefined)
  }
})

test('calls go where they go in Godot', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
  const [host, guest] = await hostAndGuest(network)
  const lines: string[] = []
  const ships = new Map<number, { x: number; y: number }>()
  const calls = examples.defineCalls(host, new Map(), (line) => lines.push(`host: ${line}`))
  examples.defineCalls(guest, ships, (line) => lines.push(`guest: ${line}`))
  await network.run(500)
  expect(lines.sort()).toEqual(
    [
      'guest: 1: hello',
      `guest: ${guest.id}: hello`,
      'host: 1: hello',
      `host: ${guest.id}: hello`,
      `host: ${guest.id}: hello`,
    ].sort(),
  )
  calls.place(9, 1, 2)
  await network.until(() => ships.has(9))
  expect(ships.get(9)).toEqual({ x: 1, y: 2 })
})

test('everybody moves a ship of its own', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
  const [host, guest] = await hostAndGuest(network)
  const seen = new Set<string>()
  examples.shareShips(
    host,
    () => ({ x: 1, y: 2 }),
    (id, x, y) => seen.add(`host sees ${id} at ${x}, ${y}`),
  )
  examples.shareShips(
    guest,
    () => ({ x: 3, y: 4 }),
    (id, x, y) => seen.add(`guest sees ${id} at ${x}, ${y}`),
  )
  await network.run(3_000)
  expect([...seen].sort()).toEqual([`guest sees 1 at 1, 2`, `host sees ${guest.id} at 3, 4`])
})

test('signals are heard, with reasons', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
  const host = await network.until(hostRoom(network.peerOptions('host')))
  const lines: string[] = []
  examples.listen(host, (line) => lines.push(line))
  const guest = await network.until(joinRoom({ ...network.peerOptions('guest'), room: host.code }))
  await network.until(guest.leave())
  await network.run(1_000)
  await network.until(host.leave())
  expect(lines).toEqual([`${guest.id} is here`, `${guest.id} is gone: left`, 'left'])
})

test('who knows the word is let in', async () => {
  const network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
  const [host] = await hostAndGuest(network, { authentication: examples.sesame })
  await network.until(() => host.peers.length === 1)
  const wrong: PeerAuthentication = { ...examples.sesame, begin: (peer) => peer.send(Uint8Array.of(1)) }
  const other = joinRoom({ ...network.peerOptions('other'), room: host.code, authentication: wrong })
  await expect(network.until(other)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
})

test('a single player takes an orb', async () => {
  expect(await examples.takeOrb()).toBe("orb 7 is 1's")
})
