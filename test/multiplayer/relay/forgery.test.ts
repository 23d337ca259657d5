// Who says what about whom: every role, with every forged origin, to whoever is one hop and two hops away.

import { describe, expect, it } from 'vitest'
import { MAX_EARLY_RELAYED, MAX_RELAYED_PEERS } from '../../../src/multiplayer/relay/constants.ts'
import {
  Command,
  writeCommand,
  writeFromOther,
  writeRemove,
  writeToOthers,
} from '../../../src/multiplayer/relay/wire.ts'
import { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { encode } from '../../../src/net/codec/codec.ts'
import { MAX_BAD_MESSAGES } from '../../../src/net/link/constants.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { meet } from '../../support/meet.ts'
import { connectionOn, Forger, Player, Star } from './support.ts'

const LIE = encode('lie')

const value = (source: number, lane: number = GAMEPLAY_LANE) => writeFromOther(Kind.Value, lane, source, LIE)

/** A star of the host, 2 and 3, and a forger that was let in as 9. */
async function starWithForger() {
  const star = await Star.of(2)
  const forger = star.forger(9)
  await star.network.until(() => star.clients.every(({ joined }) => joined.includes(9)))
  return { star, forger }
}

/** A client, 2, of a host that says what it likes. It has announced 3. */
async function clientOfForger() {
  const network = new SimulatedNetwork({ latencyMs: 10 })
  const client = new Player(new WebRTCMultiplayerPeer({ clock: network.peerOptions('2').clock }))
  client.peer.createClient(2)
  const mine = connectionOn(network, '2')
  client.peer.addPeer(mine, 1)
  const host = new Forger(network, 1)
  meet(host.remote.connection, mine)
  await network.until(() => host.connected && client.joined.length === 1)
  host.say(writeCommand(Command.Add, 3))
  await network.until(() => client.joined.length === 2)
  const close = async () => {
    host.remote.close()
    await network.until(client.peer.close())
  }
  return { network, client, host, close }
}

describe('a client of a star that forges the origin', () => {
  const origins = { 'the host': 1, 'another client': 2, itself: 9, 'somebody who is not there': 77 }

  describe.each(Object.entries(origins))('%s', (_name, origin) => {
    it.each([
      ['reliable', 0],
      ['unreliable', 1],
    ] as const)('is believed by nobody, %s', async (_mode, port) => {
      const { star, forger } = await starWithForger()
      // One hop: as if it were the host that passes on. Two hops: the same, wrapped for the others.
      forger.say(value(origin), port, GAMEPLAY_LANE)
      forger.say(writeToOthers(Kind.Bytes, GAMEPLAY_LANE, 0, value(origin)), port, GAMEPLAY_LANE)
      await star.network.run(300)
      expect(star.host.peer.stats(9).rejected).toBe(1)
      for (const player of [star.host, ...star.clients]) {
        // What was wrapped is a packet like any other, of its true sender.
        expect(player.heard.map(([, from]) => from)).toEqual([9])
        expect(player.gone).toEqual([])
      }
      await star.close()
    })
  })

  it.each([
    ['that somebody is there', writeCommand(Command.Add, 77)],
    ['that somebody is gone', writeRemove(2, 'left', 0)],
    ['that somebody takes no more', writeCommand(Command.Hold, 2)],
    ['that somebody takes more', writeCommand(Command.Release, 2)],
    ['what nobody knows', Uint8Array.of(3, 200, 0, 0, 0, 0)],
    ['a head with the bit that is kept', Uint8Array.of(0x18, 0, 0, 0, 0)],
    ['nothing', new Uint8Array(0)],
    ['a target that is cut off', Uint8Array.of(0x10, 0, 0)],
    ['a list of nobody', Uint8Array.of(0x10, 0, 0, 0, 0x80, 0, 0)],
    ['a list that is cut off', Uint8Array.of(0x10, 0, 0, 0, 0x80, 2, 0, 2, 0, 0, 0)],
    ['a list with somebody twice', writeToOthers(Kind.Value, 1, [2, 2], LIE)],
  ])('is not believed when it says %s', async (_name, payload) => {
    const { star, forger } = await starWithForger()
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) forger.say(payload)
    await star.network.run(300)
    expect(star.host.gone).toEqual([[9, 'protocol_error']])
    for (const { gone, joined, heard } of star.clients) {
      expect(gone).toEqual([[9, 'protocol_error']])
      expect(joined).not.toContain(77)
      expect(heard).toEqual([])
    }
    await star.close()
  })

  it.each([
    ['as large as it may be', 16_000, 0],
    ['larger', 16_001, MAX_BAD_MESSAGES],
    ['as large as pieces can make it', 18_000, MAX_BAD_MESSAGES],
  ])('does no harm to others with unreliable packets that are %s', async (_name, size, bad) => {
    const { star, forger } = await starWithForger()
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) {
      forger.say(writeToOthers(Kind.Bytes, GAMEPLAY_LANE, 2, new Uint8Array(size)), 1)
      await star.network.run(100)
    }
    expect(star.host.errors).toHaveLength(bad)
    const [two] = star.clients
    expect(two!.peer.stats(1).rejected).toBe(0)
    expect(two!.heard).toHaveLength(MAX_BAD_MESSAGES - bad)
    await star.close()
  })

  it('announces nobody to a host that passes nothing on, not even a member of the room', async () => {
    const star = await Star.of(1, { latencyMs: 10 }, [], { serverRelay: false, hooks: { wantsRelayed: () => true } })
    const forger = star.forger(9)
    await star.network.until(() => forger.connected && star.host.joined.includes(9))
    forger.say(writeCommand(Command.Add, 3))
    forger.say(value(3))
    await star.network.run(300)
    expect([star.host.joined, star.host.heard]).toEqual([[2, 9], []])
    expect(star.host.peer.stats(9).rejected).toBe(2)
    await star.close()
  })

  it('reaches nobody who is not there, and that is no fault', async () => {
    const { star, forger } = await starWithForger()
    for (const target of [77, 9, [9, 77], 0x7fff_ffff]) forger.say(writeToOthers(Kind.Value, 1, target, LIE))
    await star.network.run(300)
    expect([star.host.heard, star.host.errors]).toEqual([[], []])
    await star.close()
  })

  it('is parted with by those to whom it sends what cannot be understood, who stay with the host', async () => {
    const { star, forger } = await starWithForger()
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) forger.say(writeToOthers(Kind.Value, 1, 2, Uint8Array.of(0xc1)))
    await star.network.run(300)
    const [two, three] = star.clients
    expect(two!.gone).toEqual([[9, 'protocol_error']])
    expect(two!.errors).toHaveLength(MAX_BAD_MESSAGES)
    expect(two!.peer.stats(1).rejected).toBe(0)
    expect(two!.peer.connectedPeers).toEqual([1, 3])
    expect([three!.gone, star.host.gone]).toEqual([[], []])
    await star.close()
  })
})

describe('a host that forges the origin', () => {
  it.each([
    ['its own', 1],
    ['that of whom it speaks to', 2],
    ['of somebody whom it did not announce', 77],
  ])('%s is not believed', async (_name, origin) => {
    const { network, client, host, close } = await clientOfForger()
    host.say(value(origin), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect([client.heard, client.errors.length, client.gone]).toEqual([[], 1, []])
    for (let i = 1; i < MAX_BAD_MESSAGES; i++) host.say(value(origin), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect(client.gone).toEqual([
      [3, 'protocol_error'],
      [1, 'protocol_error'],
    ])
    await close()
  })

  it('of somebody whom it announced is believed: clients trust their host', async () => {
    const { network, client, host, close } = await clientOfForger()
    host.say(value(3), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect(client.from(3)).toEqual(['lie'])
    await close()
  })

  it.each([
    ['announces itself', writeCommand(Command.Add, 1)],
    ['announces whom it speaks to', writeCommand(Command.Add, 2)],
    ['announces somebody twice', writeCommand(Command.Add, 3)],
    ['announces id 0', writeCommand(Command.Add, 0)],
    ['announces nobody', writeCommand(Command.Add)],
    ['takes away who was not there', writeRemove(77, 'left', 0)],
    ['names no reason', Uint8Array.of(3, 1, 3, 0, 0, 0, 99, 0, 0, 0, 0)],
    ['holds somebody back from nobody', writeCommand(Command.Hold, 77)],
    ['asks to pass something on', writeToOthers(Kind.Value, 1, 3, LIE)],
  ])('or %s makes a mistake that counts', async (_name, payload) => {
    const { network, client, host, close } = await clientOfForger()
    host.say(payload)
    await network.run(200)
    expect(client.errors).toHaveLength(1)
    expect(client.joined).toEqual([1, 3])
    await close()
  })

  it('is not believed about more than a room of early packets', async () => {
    const { network, client, host, close } = await clientOfForger()
    for (let i = 0; i < MAX_EARLY_RELAYED + MAX_BAD_MESSAGES; i++) host.say(value(100 + i, BULK_LANE), 0, BULK_LANE)
    await network.run(3000)
    expect(client.heard).toEqual([])
    expect(client.gone).toContainEqual([1, 'protocol_error'])
    await close()
  })

  it('may announce somebody after its bulk, which waited', async () => {
    const { network, client, host, close } = await clientOfForger()
    host.say(value(4, BULK_LANE), 0, BULK_LANE)
    await network.run(200)
    expect(client.heard).toEqual([])
    host.say(writeCommand(Command.Add, 4))
    await network.run(200)
    expect(client.from(4)).toEqual(['lie'])
    await close()
  })
})

describe('a member of a mesh that forges the origin', () => {
  /** 2 is connected with 3 and with the forger, 9; 4 belongs to the room too, and is not connected. */
  async function meshWithForger() {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    const member = (id: number) => {
      const { clock } = network.peerOptions(String(id))
      const hooks = { wantsRelayed: (other: number) => [2, 3, 4, 9].includes(other) }
      const player = new Player(new WebRTCMultiplayerPeer({ clock, hooks }))
      player.peer.createMesh(id)
      return player
    }
    const [victim, friend, forger] = [member(2), member(3), new Forger(network, 9)]
    const [mine, its] = [connectionOn(network, '2'), connectionOn(network, '3')]
    victim.peer.addPeer(mine, 3)
    friend.peer.addPeer(its, 2)
    meet(mine, its)
    const line = connectionOn(network, '2')
    victim.peer.addPeer(line, 9)
    meet(forger.remote.connection, line)
    await network.until(() => victim.joined.length === 2 && friend.joined.length === 1 && forger.connected)
    const close = async () => {
      forger.remote.close()
      await network.until(Promise.all([victim.peer.close(), friend.peer.close()]))
    }
    return { network, victim, friend, forger, close }
  }

  const part = (id: number) => [...writeCommand(Command.Part, id)]

  it.each([
    ['its own', 9, true],
    ['that of whom it speaks to', 2, true],
    ['of somebody who is connected', 3, false],
    ['of a stranger', 77, false],
  ])('%s is not believed, whether it announced it or not', async (_name, origin, isBad) => {
    const { network, victim, forger, close } = await meshWithForger()
    forger.say(value(origin), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect(victim.errors).toHaveLength(1)
    forger.say(writeCommand(Command.Add, origin))
    forger.say(value(origin), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect([victim.heard, victim.joined.length]).toEqual([[], 2])
    // Who announces what cannot be makes two mistakes; with who announces what is not wanted the victim parts.
    expect(victim.errors).toHaveLength(isBad ? 3 : 1)
    expect(forger.heard).toEqual(isBad ? [] : [part(origin)])
    await close()
  })

  it('of a member that is not connected is believed, when it announced it: whoever passes on is trusted for that', async () => {
    const { network, victim, forger, close } = await meshWithForger()
    forger.say(value(4), 0, GAMEPLAY_LANE)
    forger.say(writeCommand(Command.Add, 4))
    forger.say(value(4), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect(victim.errors).toHaveLength(1)
    expect(victim.from(4)).toEqual(['lie'])
    await close()
  })

  it('and announces more than can be in a room makes a mistake, and little is kept or said of those', async () => {
    const { network, victim, forger, close } = await meshWithForger()
    const strangers = Array.from({ length: 5_000 }, (_, i) => 1_000 + i)
    forger.say(writeCommand(Command.Add, ...strangers))
    await network.run(2_000)
    expect(forger.heard.length).toBeLessThanOrEqual(MAX_RELAYED_PEERS)
    expect(victim.errors).toHaveLength(1)
    for (const id of strangers) forger.say(writeCommand(Command.Add, id))
    await network.run(5_000)
    expect(forger.heard.length).toBeLessThanOrEqual(MAX_RELAYED_PEERS)
    expect(victim.gone).toEqual([[9, 'protocol_error']])
    await close()
  })

  it('takes no room from another one with early packets', async () => {
    const { network, victim, friend, forger, close } = await meshWithForger()
    for (let i = 0; i < MAX_EARLY_RELAYED; i++) forger.say(value(100 + i, BULK_LANE), 0, BULK_LANE)
    await network.run(2_000)
    expect(victim.errors).toEqual([])
    const other = new Forger(network, 8)
    const line = connectionOn(network, '2')
    victim.peer.addPeer(line, 8)
    meet(other.remote.connection, line)
    await network.until(() => other.connected)
    other.say(value(4, BULK_LANE), 0, BULK_LANE)
    other.say(writeCommand(Command.Add, 4))
    await network.run(500)
    expect([victim.errors, victim.from(4), friend.errors]).toEqual([[], ['lie'], []])
    other.remote.close()
    await close()
  })

  it('through another one has its own', async () => {
    const { network, victim, friend, forger, close } = await meshWithForger()
    // Nobody asked for a way between the two.
    forger.say(writeToOthers(Kind.Value, GAMEPLAY_LANE, 3, LIE), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect([friend.heard, victim.errors]).toEqual([[], []])
    forger.say(writeCommand(Command.Open, 3))
    forger.say(writeToOthers(Kind.Value, GAMEPLAY_LANE, 3, LIE), 0, GAMEPLAY_LANE)
    forger.say(writeToOthers(Kind.Bytes, GAMEPLAY_LANE, 3, value(2)), 0, GAMEPLAY_LANE)
    await network.run(200)
    expect(friend.heard.map(([, from]) => from)).toEqual([9, 9])
    await close()
  })

  it.each([
    ['that more was sent another way', writeCommand(Command.Switch, 5)],
    ['that it has everything', Uint8Array.of(3, Command.Done)],
    ['a round trip that nobody asked for', writeCommand(Command.Reach, 3, 5)],
    ['a question', writeCommand(Command.Query, 3)],
  ])('and says %s, does no harm', async (_name, payload) => {
    const { network, victim, friend, forger, close } = await meshWithForger()
    for (let i = 0; i < 20; i++) forger.say(payload)
    await network.run(200)
    friend.peer.send('hello')
    await network.run(12_000)
    expect(victim.from(3)).toEqual(['hello'])
    expect([victim.errors, friend.errors]).toEqual([[], []])
    await close()
  })
})
