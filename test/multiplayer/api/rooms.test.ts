// Authentication of whole rooms, over a simulated network.

import { afterEach, describe, expect, it } from 'vitest'
import type { PeerAuthentication } from '../../../src/multiplayer/api/authentication.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { expectCleanLeave } from '../../support/clean-leave.ts'

let network: SimulatedNetwork
const rooms: Room[] = []

afterEach(() => expectCleanLeave(network, rooms))

/** Says a word, and lets in who says the right one. */
function password(word: string, right = 'sesame'): PeerAuthentication {
  return {
    begin: (peer) => peer.send(new TextEncoder().encode(word)),
    receive: (peer, data) => {
      if (new TextDecoder().decode(data) === right) peer.complete()
      else peer.refuse('That is not the word.')
    },
  }
}

async function enter(name: string, how: typeof joinRoom, options: Partial<JoinRoomOptions>): Promise<Room> {
  const room = await network.until(how({ ...network.peerOptions(name), ...options }))
  rooms.push(room)
  return room
}

describe.each([true, false])('with autoPoll: %s', (autoPoll) => {
  const pollAll = () => {
    if (!autoPoll) for (const room of rooms) room.poll()
  }

  it('a mesh lets in who knows the word, and nobody else', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 40, jitterMs: 20, loss: 0.1 })
    const options = { autoPoll, authentication: password('sesame') }
    const a = await enter('a', joinRoom, options)
    const b = await enter('b', joinRoom, { ...options, room: a.code })
    const c = await enter('c', joinRoom, { autoPoll, authentication: password('please'), room: a.code })
    const failed: string[] = []
    const heard: unknown[] = []
    for (const room of [a, b]) {
      room.on('peerAuthenticationFailed', (id, { message }) => failed.push(`${id === c.id}: ${message}`))
      room.on('packet', (value) => heard.push(value))
    }
    const met = () => {
      pollAll()
      return failed.length === 2 && a.peers.length === 1 && b.peers.length === 1
    }
    await network.until(met)
    expect(new Set(failed)).toEqual(new Set(['true: That is not the word.']))
    a.send('between us')
    await network.run(1_000)
    pollAll()
    expect([heard, c.peers]).toEqual([['between us'], []])
  })

  it('what is sent as soon as a peer is connected arrives, on every channel', async () => {
    network = new SimulatedNetwork({ seed: 2, latencyMs: 40, jitterMs: 30, loss: 0.2 })
    const options = { autoPoll, authentication: password('sesame'), channels: [TransferMode.Reliable] }
    const a = await enter('a', joinRoom, options)
    const b = await enter('b', joinRoom, { ...options, room: a.code })
    const heard: unknown[] = []
    for (const room of rooms) {
      room.on('peerConnected', (id) => {
        for (const channel of [0, 1]) room.send(channel, { to: id, channel })
        room.send(new Uint8Array(40_000), { to: id, lane: 'bulk' })
      })
      room.on('packet', (value) => heard.push(value instanceof Uint8Array ? value.length : value))
    }
    await network.until(() => {
      pollAll()
      return heard.length === 6
    })
    expect(heard.sort()).toEqual([0, 0, 1, 1, 40_000, 40_000])
    expect(b.peers).toEqual([a.id])
  })
})

it('a star is entered when the host has let one in, and not otherwise', async () => {
  network = new SimulatedNetwork({ seed: 3, latencyMs: 20 })
  const host = await enter('host', hostRoom, { authentication: password('sesame') })
  const client = await enter('client', joinRoom, { room: host.code, authentication: password('sesame') })
  expect([client.peers, host.peers]).toEqual([[1], [client.id]])
  const stranger = joinRoom({ ...network.peerOptions('stranger'), room: host.code, authentication: password('please') })
  await expect(network.until(stranger)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
  expect(host.peers).toEqual([client.id])
})

it('a peer that does not authenticate says so, and is not let in', async () => {
  network = new SimulatedNetwork({ seed: 4, latencyMs: 20 })
  const a = await enter('a', joinRoom, { authentication: password('sesame') })
  const b = await enter('b', joinRoom, { room: a.code })
  const told: string[] = []
  a.on('peerAuthenticationFailed', (_id, { code }) => told.push(code))
  b.on('error', ({ message }) => told.push(message))
  await network.run(5_000)
  expect(told).toEqual([expect.stringContaining('a service (0) that this side does not'), 'ERR_TIMEOUT'])
  expect([a.peers, b.peers]).toEqual([[], []])
})

it.each([0, 1])(
  'what a peer sent before it left arrives, also when signaling is the faster way (%i)',
  async (first) => {
    network = new SimulatedNetwork({ seed: 5, latencyMs: 100, signalingLatencyMs: 0 })
    const a = await enter('a', joinRoom, {})
    const b = await enter('b', joinRoom, { room: a.code })
    const [leaver, other] = first === 0 ? [a, b] : [b, a]
    const log: string[] = []
    other.on('peerConnected', () => log.push('connected'))
    other.on('packet', (value) => log.push(String(value)))
    other.on('peerDisconnected', (_id, reason) => log.push(reason))
    leaver.on('peerConnected', () => {
      leaver.send('I was here')
      void leaver.leave()
    })
    await network.run(3_000)
    expect(log).toEqual(['connected', 'I was here', 'left'])
  },
)
