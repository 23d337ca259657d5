// RPCs in whole rooms, over a simulated network that loses packets.

import { afterEach, describe, expect, it } from 'vitest'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../../src/testing.ts'
import { expectCleanLeave } from '../../support/clean-leave.ts'
import { rejection } from '../../support/net-errors.ts'

let network: SimulatedNetwork
const rooms: Room[] = []

afterEach(() => expectCleanLeave(network, rooms))

/** What `room` hears, and what it can call. */
function play(room: Room) {
  const heard: string[] = []
  const calls = room.rpcs({
    chat: rpc.reliable('any_peer', ({ sender }, text: string) => heard.push(`${sender}: ${text}`)),
    file: rpc.reliable('any_peer', { lane: 'bulk' }, (_context, bytes: Uint8Array) =>
      heard.push(`file of ${bytes.length}`),
    ),
    move: rpc.unreliableOrdered('any_peer', { numbers: 'float32' }, ({ channel }, x: number) =>
      heard.push(`at ${x} on ${channel}`),
    ),
    shout: rpc.reliable('any_peer', { channel: 1 }, ({ channel }, text: string) => heard.push(`${text} on ${channel}`)),
    start: rpc.reliable('authority', { callLocal: true }, ({ sender }) => heard.push(`started by ${sender}`)),
    buy: rpc.request('authority', async ({ sender }, item: string) => `${item} for ${sender}`),
    forever: rpc.request('any_peer', () => new Promise<number>(() => {})),
  })
  return { room, heard, calls }
}

async function enter(names: readonly string[], how: typeof joinRoom, options: Partial<JoinRoomOptions> = {}) {
  const players: ReturnType<typeof play>[] = []
  for (const name of names) {
    const [first] = players
    const enterWith = first ? joinRoom : how
    const room = await network.until(
      enterWith({
        channels: [TransferMode.Reliable],
        ...network.peerOptions(name),
        ...options,
        ...(first && { room: first.room.code }),
      }),
    )
    rooms.push(room)
    players.push(play(room))
  }
  return players
}

describe.each<[string, SimulatedNetworkOptions]>([
  ['a good line', { latencyMs: 20 }],
  ['a line that loses every tenth packet', { latencyMs: 50, jitterMs: 30, loss: 0.1 }],
])('over %s', (_what, conditions) => {
  it.each([true, false])('a mesh with autoPoll %s calls, asks and answers', async (autoPoll) => {
    network = new SimulatedNetwork({ seed: 3, ...conditions })
    const pollAll = () => {
      if (!autoPoll) for (const room of rooms) room.poll()
    }
    const players = await enter(['a', 'b', 'c'], joinRoom, { autoPoll })
    const [a, b, c] = players as [(typeof players)[0], (typeof players)[0], (typeof players)[0]]
    const until = (test: () => boolean) =>
      network.until(() => {
        pollAll()
        return test()
      })
    await until(() => rooms.every((room) => room.peers.length === 2))
    // At once: it waits until the tables have crossed.
    for (let i = 0; i < 20; i++) a.calls.chat(`${i}`)
    a.calls.chat.to(c.room.id)('only you')
    c.calls.chat.toAllBut(a.room.id)('not you')
    a.calls.start()
    const receipts = [b.calls.buy.toHost()('sword'), c.calls.buy.to(a.room.id)('bow'), a.calls.buy.toHost()('axe')]
    const { id } = a.room
    await until(() => b.heard.length === 22 && c.heard.length === 22)
    const said = Array.from({ length: 20 }, (_, i) => `${id}: ${i}`)
    expect(b.heard.filter((line) => line.startsWith(`${id}: `))).toEqual(said)
    expect(c.heard.filter((line) => line.startsWith(`${id}: `))).toEqual([...said, `${id}: only you`])
    expect(b.heard).toContain(`${c.room.id}: not you`)
    expect(a.heard).toEqual([`started by ${id}`])
    let answers: string[] | undefined
    void Promise.all(receipts).then((all) => {
      answers = all
    })
    await until(() => answers !== undefined)
    expect(answers).toEqual([`sword for ${b.room.id}`, `bow for ${c.room.id}`, `axe for ${id}`])
    a.calls.file.to(b.room.id)(new Uint8Array(200_000))
    b.calls.shout('hey')
    await until(
      () => b.heard.includes('file of 200000') && a.heard.includes('hey on 1') && c.heard.includes('hey on 1'),
    )
  })
})

it('a star’s clients reach its host, which is the authority', async () => {
  network = new SimulatedNetwork({ seed: 1, latencyMs: 30, loss: 0.05 })
  const [host, client] = await enter(['host', 'client', 'other'], hostRoom, { topology: 'star' })
  host!.calls.start()
  expect(await network.until(client!.calls.buy.toHost()('sword'))).toBe(`sword for ${client!.room.id}`)
  await network.until(() => client!.heard.length === 1)
  expect(client!.heard).toEqual(['started by 1'])
  expect(host!.heard).toEqual(['started by 1'])
})

it('unreliable calls are lost at times, and never come out of order', async () => {
  network = new SimulatedNetwork({ seed: 5, latencyMs: 40, jitterMs: 40, loss: 0.2 })
  const [a, b] = await enter(['a', 'b'], joinRoom)
  await network.until(() => a!.room.peers.length === 1 && b!.room.peers.length === 1)
  await network.run(2_000)
  for (let tick = 0; tick < 120; tick++) {
    a!.calls.move(tick + 0.5)
    await network.run(1000 / 60)
  }
  await network.run(500)
  const places = b!.heard.map((line) => Number(line.split(' ')[1]))
  expect(places.length).toBeGreaterThan(60)
  expect(places.length).toBeLessThan(120)
  expect(places).toEqual([...places].sort((x, y) => x - y))
})

it('a request to a peer that dies ends with the peer', async () => {
  network = new SimulatedNetwork({ seed: 1, latencyMs: 30 })
  const [a, b] = await enter(['a', 'b'], joinRoom)
  await network.until(() => a!.room.peers.length === 1)
  const answer = rejection(a!.calls.forever.to(b!.room.id, { timeoutMs: 60_000 })())
  await network.run(500)
  network.kill('b')
  rooms.splice(1)
  expect((await network.until(answer)).code).toBe('ERR_CONNECTION_ERROR')
})

it('a peer that calls what it may not, again and again, is disconnected; the others go on', async () => {
  network = new SimulatedNetwork({ seed: 1, latencyMs: 30 })
  const [a, b] = await enter(['a', 'b'], joinRoom)
  const rude = await network.until(
    joinRoom({ ...network.peerOptions('rude'), channels: [TransferMode.Reliable], room: a!.room.code }),
  )
  rooms.push(rude)
  const gone: string[] = []
  for (const { room } of [a!, b!]) room.on('peerDisconnected', (id, reason) => gone.push(`${id === rude.id} ${reason}`))
  await network.until(() => rude.peers.length === 2)
  // It has the same table, and does not keep to it: its own validators let everything through.
  const flood = rude.rpcs({ flood: rpc.reliable('any_peer', () => {}) }, { set: 'flood' })
  for (const { room } of [a!, b!]) {
    room.rpcs(
      { flood: rpc.reliable('any_peer', { rateLimit: { perSecond: 1, burst: 1 } }, () => {}) },
      { set: 'flood' },
    )
  }
  await network.run(500)
  for (let i = 0; i < 50; i++) flood.flood()
  await network.until(() => gone.length === 2)
  expect(gone).toEqual(['true protocol_error', 'true protocol_error'])
  a!.calls.chat('they are gone')
  await network.until(() => b!.heard.includes(`${a!.room.id}: they are gone`))
})

it('peers whose RPCs differ are told, and stay connected', async () => {
  network = new SimulatedNetwork({ seed: 1, latencyMs: 30 })
  const [a] = await enter(['a'], joinRoom)
  const other = await network.until(
    joinRoom({ ...network.peerOptions('b'), channels: [TransferMode.Reliable], room: a!.room.code }),
  )
  rooms.push(other)
  const told: string[] = []
  a!.room.on('rpcMismatch', (id, differences) => told.push(`${id === other.id} ${differences.join('; ')}`))
  other.on('rpcMismatch', (_id, differences) => told.push(differences.join('; ')))
  other.rpcs({ chat: rpc.unreliable('any_peer', (_context, _text: string) => {}) })
  await network.until(() => told.length === 2)
  expect(told.find((line) => line.startsWith('true'))).toBe(
    'true buy: only defined here; chat: transfer mode is "reliable" here and "unreliable" there; file: only defined here; ' +
      'forever: only defined here; move: only defined here; shout: only defined here; start: only defined here',
  )
  expect(a!.room.peers).toEqual([other.id])
})
