// Channels: negotiated and in-band, and what can be read of them.

import { expect } from 'vitest'
import { ChannelState, type DataChannelOptions } from '../../../src/net/drivers/driver.ts'
import type { ChannelHandle } from '../endpoint.ts'
import { toText } from '../packet.ts'
import { type Case, connect } from '../scene.ts'

const UNSET = 65_535

/** What is read back on the side that chose the options. */
function chosen(options: DataChannelOptions) {
  return {
    ordered: options.ordered ?? true,
    maxRetransmits: options.maxRetransmits ?? UNSET,
    maxPacketLifeTime: options.maxPacketLifeTime ?? UNSET,
    protocol: options.protocol ?? '',
  }
}

const KINDS: readonly (readonly [what: string, options: DataChannelOptions])[] = [
  ['no options', {}],
  ['ordered: false', { ordered: false }],
  ['maxRetransmits: 0', { maxRetransmits: 0 }],
  ['maxRetransmits: 3 and ordered: false', { maxRetransmits: 3, ordered: false }],
  ['maxPacketLifeTime: 0', { maxPacketLifeTime: 0 }],
  ['maxPacketLifeTime: 500 and ordered: false', { maxPacketLifeTime: 500, ordered: false }],
  ['a protocol', { protocol: 'skein/ü 1' }],
]

function works([what, options]: (typeof KINDS)[number]): Case {
  return {
    name: `a channel with ${what} works and reads back on both sides, in-band and negotiated`,
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const fixed = { ...options, negotiated: true, id: 1 }
      const fixedA = await a.createDataChannel('fixed', fixed)
      const fixedB = await b.createDataChannel('fixed', fixed)
      const channelA = await a.createDataChannel('läbel', options)
      const mine = { label: 'läbel', negotiated: false, ...chosen(options) }
      expect(await channelA.look()).toMatchObject({ ...mine, readyState: ChannelState.Connecting, id: UNSET })
      await connect(a, b)
      const channelB = await b.nextChannel()
      await Promise.all([channelA, channelB, fixedA, fixedB].map((channel) => channel.opens()))

      const [lookA, lookB] = [await channelA.look(), await channelB.look()]
      expect(lookA).toMatchObject({ ...mine, readyState: ChannelState.Open })
      expect(lookA.id).toBeLessThan(1024)
      const { protocol } = mine
      const theirs = scene.sideB.facts.readsRemoteOptions ? mine : { ...mine, ...chosen({ protocol }) }
      expect(lookB).toMatchObject({ ...theirs, readyState: ChannelState.Open, id: lookA.id })
      // With no time at all to arrive, packets may be dropped before they are sent.
      const delivers = options.maxPacketLifeTime !== 0
      if (delivers) await exchange(channelA, channelB)

      for (const channel of [fixedA, fixedB]) {
        const look = await channel.look()
        expect(look).toMatchObject({ ...mine, label: 'fixed', negotiated: true, id: 1, readyState: ChannelState.Open })
      }
      if (delivers) await exchange(fixedA, fixedB)
      // Only the other one was announced.
      expect((await b.events()).filter((name) => name === 'dataChannelReceived')).toHaveLength(1)
    },
  }
}

/** One packet each way. */
async function exchange(one: ChannelHandle, other: ChannelHandle): Promise<void> {
  await Promise.all([one.put('ping'), other.put('pong')])
  expect(toText(await other.pollPacket())).toBe('ping')
  expect(toText(await one.pollPacket())).toBe('pong')
}

export const channels: readonly Case[] = [
  ...KINDS.map(works),
  {
    name: 'what is unset reads as 65535, and the rest has its defaults',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      const look = await (await a.createDataChannel('')).look()
      expect(look).toMatchObject({
        readyState: ChannelState.Connecting,
        label: '',
        protocol: '',
        id: UNSET,
        maxRetransmits: UNSET,
        maxPacketLifeTime: UNSET,
        ordered: true,
        negotiated: false,
        bufferedAmount: 0,
        drainThreshold: 0,
        writeMode: 1,
        availablePacketCount: 0,
      })
    },
  },
  {
    name: 'takes the ids 0 and 1023, and the largest values of the rest',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const all = [
        { negotiated: true, id: 0, maxRetransmits: 65_534 },
        { negotiated: true, id: 1023, maxPacketLifeTime: 65_534 },
      ]
      const channelsA = await Promise.all(all.map((options) => a.createDataChannel('edge', options)))
      const channelsB = await Promise.all(all.map((options) => b.createDataChannel('edge', options)))
      await connect(a, b)
      await Promise.all([...channelsA, ...channelsB].map((channel) => channel.opens()))
      for (const [n, channel] of channelsA.entries()) {
        expect(await channel.look()).toMatchObject(all[n]!)
        await exchange(channel, channelsB[n]!)
      }
    },
  },
  {
    name: 'negotiated and in-band channels share a connection, each with its own id',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const fixed = await Promise.all([0, 1, 2].map((id) => a.createDataChannel(`n${id}`, { negotiated: true, id })))
      await Promise.all([0, 1, 2].map((id) => b.createDataChannel(`n${id}`, { negotiated: true, id })))
      const announced = [await a.createDataChannel('x'), await a.createDataChannel('y')]
      await connect(a, b)
      const received = [await b.nextChannel(), await b.nextChannel()]
      await Promise.all([...fixed, ...announced].map((channel) => channel.opens()))
      const ids = await Promise.all([...fixed, ...announced].map(async (channel) => (await channel.look()).id))
      expect(new Set(ids).size).toBe(5)
      const labels = await Promise.all(received.map(async (channel) => (await channel.look()).label))
      expect(labels.sort()).toEqual(['x', 'y'])
    },
  },
  {
    name: 'both sides may open in-band channels, with the same label',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.listen()
      const [fromA, fromB] = await Promise.all([a.createDataChannel('same'), b.createDataChannel('same')])
      await connect(a, b)
      const [atB, atA] = [await b.nextChannel(), await a.nextChannel()]
      await Promise.all([fromA, fromB, atA, atB].map((channel) => channel.opens()))
      await exchange(fromA, atB)
      await exchange(fromB, atA)
      expect((await fromA.look()).id).not.toBe((await fromB.look()).id)
    },
  },
  {
    name: 'a received channel tells open after dataChannelReceived, so that its listener hears it',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      await connect(a, b)
      const channelB = await b.nextChannel()
      await channelB.opens()
      const names = (await scene.sideB.call('log')).map(({ name }) => name)
      expect(names.indexOf('open')).toBeGreaterThan(names.indexOf('dataChannelReceived'))
    },
  },
  {
    name: 'in-band channels are refused when nobody listens for them, and the connection stays',
    sides: 2,
    async run(scene) {
      const [a, b] = await Promise.all([scene.createA(), scene.createB()])
      const [refused, keptA, keptB] = await Promise.all([
        a.createDataChannel('refused'),
        a.createDataChannel('kept', { negotiated: true, id: 9 }),
        b.createDataChannel('kept', { negotiated: true, id: 9 }),
      ])
      await connect(a, b)
      await refused.next('closed')
      expect((await refused.look()).readyState).toBe(ChannelState.Closed)
      await Promise.all([keptA.opens(), keptB.opens()])
      await exchange(keptA, keptB)
      expect(await b.events()).not.toContain('dataChannelReceived')
      expect((await a.states()).connection).toBe(2)
    },
  },
  {
    name: 'closing a channel closes it on both sides, and leaves the others open',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const other = { negotiated: true, id: 5 }
      const [otherA, otherB] = [await a.createDataChannel('other', other), await b.createDataChannel('other', other)]
      const channelA = await a.createDataChannel('chat')
      await connect(a, b)
      const channelB = await b.nextChannel()
      await Promise.all([channelA, channelB, otherA, otherB].map((channel) => channel.opens()))
      await channelB.close()
      expect([ChannelState.Closing, ChannelState.Closed]).toContain((await channelB.look()).readyState)
      await Promise.all([channelA.next('closed'), channelB.next('closed')])
      for (const channel of [channelA, channelB]) {
        expect((await channel.look()).readyState).toBe(ChannelState.Closed)
        await channel.close()
        expect(await channel.events()).toEqual(['open', 'closed'])
      }
      await exchange(otherA, otherB)
    },
  },
  {
    name: 'a channel that is closed before connecting never opens',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const [early, other] = [await a.createDataChannel('early'), await a.createDataChannel('other')]
      await early.close()
      await connect(a, b)
      await other.opens()
      expect(await early.events()).not.toContain('open')
      expect([ChannelState.Closing, ChannelState.Closed]).toContain((await early.look()).readyState)
    },
  },
]
