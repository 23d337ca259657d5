import { afterEach, describe, expect, it } from 'vitest'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { type PacketValue, TransferMode } from '../../src/multiplayer/types.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import { thrown } from '../support/net-errors.ts'
import { closeAll, join, joinMany, until, Witness } from '../support/peers.ts'
import { turn } from '../support/turn.ts'

const { Reliable, Unreliable, UnreliableOrdered } = TransferMode

afterEach(closeAll)

/** Whether the connection to a peer has ended, which with `autoPoll: false` is known before it is told. */
function isGone(room: Room, id: number): boolean {
  try {
    room.stats(id)
    return false
  } catch {
    return true
  }
}

/** The order of events at one member: nothing comes from a peer before it is connected, nor after it is gone. */
function expectOrder({ log }: Witness): void {
  const present = new Set<string>()
  for (const entry of log) {
    const [event, id = ''] = entry.split(' ')
    if (event === 'connected') present.add(id)
    else if (event === 'disconnected') expect(present.delete(id)).toBe(true)
    else if (event === 'packet') expect(present.has(id), entry).toBe(true)
  }
}

describe.each([2, 3, 8])('a mesh of %i', (count) => {
  it('connects everyone with everyone, and carries each mode to one, to all, and to all but one', async () => {
    const members = await joinMany(count, { signaling: new MemorySignaling() })
    const ids = members.map(([room]) => room.id).sort((a, b) => a - b)
    for (const [room] of members) expect(room.peers).toEqual(ids.filter((id) => id !== room.id))

    for (const [room] of members) {
      const one = room.peers[0]!
      for (const mode of [Reliable, Unreliable, UnreliableOrdered]) {
        room.send({ mode, to: 'all' }, { mode })
        room.send({ mode, to: 'one' }, { mode, to: one })
        room.send({ mode, to: 'others' }, { mode, to: -one })
      }
    }
    const expected = (room: Room): string[] =>
      members.flatMap(([sender]) => {
        if (sender === room) return []
        const chosen = sender.peers[0] === room.id
        return [0, 1, 2].flatMap((mode) => [
          `${sender.id} ${mode} all`,
          `${sender.id} ${mode} ${chosen ? 'one' : 'others'}`,
        ])
      })
    const heard = (witness: Witness) =>
      witness.packets.map(({ value, from, mode }) => {
        const sent = value as { mode: number; to: string }
        expect(mode).toBe(sent.mode)
        return `${from} ${sent.mode} ${sent.to}`
      })
    for (const [room, witness] of members) {
      await witness.heard((count - 1) * 6)
      expect(heard(witness).sort()).toEqual(expected(room).sort())
      expectOrder(witness)
    }
  })
})

it('delivers 2,000 reliable packets of everyone, whole and in order, while everything else goes on', async () => {
  const members = await joinMany(3, { signaling: new MemorySignaling(), channels: [Reliable, UnreliableOrdered] })
  const total = 2_000
  const payload = 'x'.repeat(40)
  for (let i = 0; i < total; i += 50) {
    for (const [room] of members) {
      for (let n = i; n < i + 50; n++) room.send([n, payload.slice(0, n % 40)], { channel: n % 2 })
      room.send('state', { mode: Unreliable })
      room.send(i, { channel: 2 })
    }
    await turn()
  }
  for (const [room, witness] of members) {
    const reliable = (from: number, channel: number) =>
      witness.packets.filter((packet) => packet.from === from && packet.channel === channel && packet.mode === Reliable)
    for (const from of room.peers) {
      await witness.until(() => reliable(from, 0).length + reliable(from, 1).length >= total)
      for (const channel of [0, 1]) {
        const arrived = reliable(from, channel).map(({ value }) => (value as [number, string])[0])
        expect(arrived).toEqual(Array.from({ length: total / 2 }, (_, i) => 2 * i + channel))
      }
      const ordered = witness.packets.filter((packet) => packet.from === from && packet.channel === 2)
      const numbers = ordered.map(({ value }) => value as number)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(numbers.length).toBeGreaterThan(0)
    }
    expect(room.peers.map((id) => room.stats(id).rejected)).toEqual([0, 0])
    expectOrder(witness)
  }
})

describe('coming and going', () => {
  it('somebody who comes late meets everyone, and hears what is sent from then on', async () => {
    const signaling = new MemorySignaling()
    const members = await joinMany(3, { signaling })
    for (const [room] of members) room.send('before')
    const late = await join({ signaling, room: members[0]![0].code })
    const hears = new Witness(late)
    // As soon as somebody sees the newcomer it sends, without waiting for the newcomer's own event.
    for (const [room] of members) room.on('peerConnected', () => room.send(['welcome', room.id], { to: late.id }))
    await hears.met(3)
    await hears.heard(3)
    expect(late.peers).toEqual(members.map(([room]) => room.id).sort((a, b) => a - b))
    expect(hears.values().map((value) => (value as PacketValue[])[0])).toEqual(['welcome', 'welcome', 'welcome'])
    expectOrder(hears)
    for (const [, witness] of members) {
      await witness.until(() => witness.connected.includes(late.id))
      expectOrder(witness)
    }
  })

  it('somebody who leaves is seen to leave at once, after everything that was sent', async () => {
    const [[first, hearsFirst], [leaver, hearsLeaver], [third, hearsThird]] = (await joinMany(3, {
      signaling: new MemorySignaling(),
    })) as [[Room, Witness], [Room, Witness], [Room, Witness]]
    for (let i = 0; i < 200; i++) leaver.send(i)
    const start = performance.now()
    const left = leaver.leave()
    expect(await hearsFirst.lost(leaver.id)).toBe('left')
    expect(await hearsThird.lost(leaver.id)).toBe('left')
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(hearsFirst.values(leaver.id).length).toBe(200)
    expect(hearsThird.values(leaver.id).length).toBe(200)
    await left
    expect(hearsLeaver.ends).toEqual([undefined])
    expect(hearsLeaver.disconnected).toEqual([])
    expect(first.peers).toEqual([third.id])
    expect(thrown(() => leaver.send('x')).code).toBe('ERR_UNCONFIGURED')
    first.send('still here')
    await hearsThird.until(() => hearsThird.values(first.id).includes('still here'))
  })

  it('somebody who is disconnected is told so, and stays connected with the others', async () => {
    const [[first, hearsFirst], [second, hearsSecond], [third, hearsThird]] = (await joinMany(3, {
      signaling: new MemorySignaling(),
    })) as [[Room, Witness], [Room, Witness], [Room, Witness]]
    first.disconnectPeer(second.id)
    expect(hearsFirst.disconnected).toEqual([[second.id, 'kicked']])
    expect(await hearsSecond.lost(first.id)).toBe('disconnected_by_remote')
    expect(second.peers).toEqual([third.id])
    second.send('here')
    await hearsThird.heard(1)
    expect(thrown(() => first.disconnectPeer(second.id)).code).toBe('ERR_DOES_NOT_EXIST')
  })

  it('the room goes on without its first member, and can be sealed by the next host', async () => {
    const signaling = new MemorySignaling()
    const members = await joinMany(2, { signaling })
    const [first, second] = members.map(([room]) => room) as [Room, Room]
    expect([first.host, second.host]).toEqual([first.id, first.id])
    expect(thrown(() => second.seal()).code).toBe('ERR_UNAUTHORIZED')
    let changes = 0
    second.on('roomChanged', () => changes++)
    await first.leave()
    await until(() => changes > 0)
    expect(second.host).toBe(second.id)
    second.seal()
    await until(() => second.sealed)
    await expect(join({ signaling, room: second.code })).rejects.toMatchObject({ code: 'ERR_ROOM_SEALED' })
  })

  it('leaving twice is leaving once, and leaving alone is no trouble', async () => {
    const room = await join({ signaling: new MemorySignaling() })
    const hears = new Witness(room)
    await Promise.all([room.leave(), room.leave()])
    await room.leave()
    expect(hears.log).toEqual(['closed'])
  })
})

describe('autoPoll: false', () => {
  it('holds back everything of the room until poll, in order', async () => {
    const signaling = new MemorySignaling()
    const polled = await join({ signaling, autoPoll: false })
    const hears = new Witness(polled)
    let changes = 0
    polled.on('roomChanged', () => changes++)
    const other = await join({ signaling, room: polled.code })
    const hearsOther = new Witness(other)
    await hearsOther.met(1)
    for (let i = 0; i < 10; i++) other.send(i)
    polled.seal()
    await until(() => other.sealed)
    await other.leave()
    await until(() => isGone(polled, other.id))
    expect(hears.log).toEqual([])
    expect([polled.peers, changes]).toEqual([[], 0])
    polled.poll()
    expect(hears.log).toEqual([
      `connected ${other.id}`,
      ...new Array(10).fill(`packet ${other.id}`),
      `disconnected ${other.id}`,
    ])
    expect(hears.values()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(changes).toBe(1)
  })

  it('ends a client of a star at poll, not before', async () => {
    const signaling = new MemorySignaling()
    const host = await join({ signaling, topology: 'star' })
    const client = await join({ signaling, room: host.code, autoPoll: false })
    const hears = new Witness(client)
    client.poll()
    expect(hears.log).toEqual(['connected 1'])
    await until(() => host.peers.length === 1)
    await host.leave()
    await until(() => isGone(client, 1))
    expect(() => client.send('to a host that is gone', { to: 1 })).not.toThrow()
    expect(hears.log).toEqual(['connected 1'])
    client.poll()
    await hears.until(() => hears.ends.length > 0)
    expect(hears.log).toEqual(['connected 1', 'disconnected 1', 'closed'])
    expect(hears.ends[0]).toMatchObject({ code: 'ERR_ROOM_CLOSED' })
  })
})

describe('a star', () => {
  it('has a host with id 1 that is connected with all, and clients that meet through it', async () => {
    const members = await joinMany(4, { signaling: new MemorySignaling(), topology: 'star' })
    const [[host, hearsHost], ...clients] = members as [[Room, Witness], ...[Room, Witness][]]
    expect([host.id, host.host, host.topology]).toEqual([1, 1, 'star'])
    expect(host.peers).toEqual(clients.map(([client]) => client.id).sort((a, b) => a - b))
    for (const [client] of clients) {
      expect(client.peers).toHaveLength(3)
      expect(client.peers.map((id) => client.stats(id).via)).toEqual([undefined, 1, 1])
      client.send(['up', client.id])
    }
    await hearsHost.heard(3)
    host.send('down')
    await Promise.all(clients.map(([, witness]) => witness.heard(3)))
    const [[leaver], ...stayers] = clients as [[Room, Witness], ...[Room, Witness][]]
    await leaver.leave()
    for (const witness of [hearsHost, ...stayers.map(([, each]) => each)]) {
      expect(await witness.lost(leaver.id)).toBe('left')
    }
    for (const [client] of stayers) expect(client.peers).toHaveLength(2)
  })

  it('is joined only when the host is reached: packets can be sent at once', async () => {
    const signaling = new MemorySignaling()
    const host = await join({ signaling, topology: 'star' })
    const hearsHost = new Witness(host)
    const client = await join({ signaling, room: host.code })
    expect(client.peers).toEqual([1])
    client.send('at once', { to: 1 })
    await hearsHost.heard(1)
    expectOrder(hearsHost)
  })

  it('ends for everyone when its host leaves', async () => {
    const members = await joinMany(3, { signaling: new MemorySignaling(), topology: 'star' })
    const [[host], ...clients] = members as [[Room, Witness], ...[Room, Witness][]]
    await host.leave()
    for (const [client, witness] of clients) {
      await witness.until(() => witness.ends.length > 0)
      expect(witness.ends[0]).toMatchObject({ code: 'ERR_ROOM_CLOSED' })
      expect(witness.log.at(-1)).toBe('closed')
      expect(client.peers).toEqual([])
      expect(thrown(() => client.send('x')).code).toBe('ERR_UNCONFIGURED')
    }
  })

  it('ends for a client that the host disconnects', async () => {
    const members = await joinMany(2, { signaling: new MemorySignaling(), topology: 'star' })
    const [[host], [client, witness]] = members as [[Room, Witness], [Room, Witness]]
    host.disconnectPeer(client.id)
    await witness.until(() => witness.ends.length > 0)
    expect(witness.disconnected).toEqual([[1, 'disconnected_by_remote']])
    expect(witness.ends[0]).toBeDefined()
  })
})

it('`once` hears one packet, and the next listener what waited meanwhile', async () => {
  const signaling = new MemorySignaling()
  const first = await join({ signaling })
  const second = await join({ signaling, room: first.code })
  const hearsFirst = new Witness(first)
  await hearsFirst.met(1)
  const once: PacketValue[] = []
  for (let i = 0; i < 5; i++) first.send(i)
  await until(() => second.stats(first.id).packetsIn === 5)
  second.once('packet', (value) => once.push(value))
  expect(once).toEqual([0])
  const rest: PacketValue[] = []
  second.on('packet', (value) => rest.push(value))
  expect(rest).toEqual([1, 2, 3, 4])
})
