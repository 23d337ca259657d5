import { afterEach, describe, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../src/testing.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

async function pair(
  conditions: SimulatedNetworkOptions,
  options: Partial<JoinRoomOptions> = {},
): Promise<[Room, Room]> {
  network = new SimulatedNetwork(conditions)
  const one = await network.until(joinRoom({ ...network.peerOptions('one'), ...options }))
  const other = await network.until(joinRoom({ ...network.peerOptions('other'), ...options, room: one.code }))
  rooms = [one, other]
  await network.until(() => rooms.every(({ peers }) => peers.length === 1))
  return [one, other]
}

afterEach(async () => {
  await network.until(Promise.all(rooms.map((room) => room.leave())))
})

describe('the figures of a peer', () => {
  it('count bytes and packets, in all and for each channel', async () => {
    const [one, other] = await pair({ latencyMs: 20 }, { channels: [TransferMode.Reliable, TransferMode.Unreliable] })
    const before = other.stats(one.id)
    for (let i = 0; i < 3; i++) one.sendBytes(new Uint8Array(1000))
    for (let i = 0; i < 4; i++) one.sendBytes(new Uint8Array(10), { mode: TransferMode.Unreliable })
    for (let i = 0; i < 5; i++) one.sendBytes(new Uint8Array(50), { channel: 1 })
    one.sendBytes(new Uint8Array(60), { channel: 2 })
    await network.run(400)
    const out = one.stats(other.id)
    const into = other.stats(one.id)
    expect(out.channels.map(({ channel, mode, packetsOut }) => [channel, mode, packetsOut])).toEqual([
      [0, TransferMode.Reliable, 3],
      [0, TransferMode.Unreliable, 4],
      [1, TransferMode.Reliable, 5],
      [2, TransferMode.Unreliable, 1],
    ])
    expect(into.channels.map(({ packetsIn }) => packetsIn)).toEqual([3, 4, 5, 1])
    expect([out.packetsOut, into.packetsIn]).toEqual([13, 13])
    const grown = into.channels.map(({ bytesIn }, port) => bytesIn - before.channels[port]!.bytesIn)
    for (const [port, payload] of [3000, 40, 250, 60].entries()) expect(grown[port]).toBeGreaterThanOrEqual(payload)
    expect(into.bytesIn).toBe(into.channels.reduce((sum, { bytesIn }) => sum + bytesIn, 0))
    expect([into.dropped, into.rejected, into.bufferedBytes]).toEqual([0, 0, 0])
  })

  it('measure the round trip and its variation', async () => {
    const [one, other] = await pair({ latencyMs: 100, jitterMs: 20, seed: 3 })
    await network.run(20_000)
    const { roundTripTimeMs, roundTripVariationMs } = one.stats(other.id)
    expect(roundTripTimeMs).toBeGreaterThan(200)
    expect(roundTripTimeMs).toBeLessThan(300)
    expect(roundTripVariationMs).toBeGreaterThan(5)
    expect(roundTripVariationMs).toBeLessThan(60)
  })

  it('tell what waits and what was dropped, of the channel where it happened', async () => {
    const [one, other] = await pair({ rateBytesPerSecond: 10_000 })
    for (let i = 0; i < 400; i++) one.sendBytes(new Uint8Array(1000), { mode: TransferMode.Unreliable })
    one.sendBytes(new Uint8Array(500_000))
    const { channels, dropped, bufferedBytes } = one.stats(other.id)
    expect(channels.map((each) => each.dropped > 0)).toEqual([false, true])
    expect(channels.map((each) => each.bufferedBytes > 0)).toEqual([true, true])
    expect(dropped).toBe(channels[1]!.dropped)
    expect(bufferedBytes).toBe(channels[0]!.bufferedBytes + channels[1]!.bufferedBytes)
  })

  it('have the states with their times, in the room’s time', async () => {
    const [one, other] = await pair({ latencyMs: 50 })
    const { state, history, channels } = one.stats(other.id)
    expect(state).toBe('connected')
    const states = history.filter(({ of }) => of === 'connection')
    expect(states.map((change) => change.state)).toEqual(['New', 'Connecting', 'Connected'])
    expect(states.at(-1)!.atMs).toBeLessThanOrEqual(network.clock.now())
    for (const channel of channels)
      expect(channel.history.map((change) => change.state)).toEqual(['Connecting', 'Open'])
    // Over a link with a round trip of 100 ms a channel opens two of them after DTLS is through, at the earliest.
    expect(channels[0]!.history[1]!.atMs - states[2]!.atMs).toBeGreaterThanOrEqual(100)
  })

  it('tell whether the route is direct or relayed', async () => {
    const [one, other] = await pair({})
    await network.run(10)
    expect(one.stats(other.id).route).toEqual({ local: 'host', remote: 'host', relayed: false })
    await network.until(Promise.all(rooms.map((room) => room.leave())))
    const iceServers = [{ urls: 'turn:turn.example', username: 'u', credential: 'c' }]
    const [third, fourth] = await pair({}, { iceServers, iceTransportPolicy: 'relay' })
    await network.run(10)
    expect(third.stats(fourth.id).route).toEqual({ local: 'relay', remote: 'relay', relayed: true })
  })
})
