// `initialize` on a used connection, and `close`.
//
// A remote that vanishes without a word has no case here: a platform notices it after 5 to 30 seconds, each in its own
// time, and says Disconnected or Failed. The link layer (src/net/link) notices it sooner and alike everywhere, and is
// tested for it.

import { expect } from 'vitest'
import { ChannelState, ConnectionState, GatheringState, SignalingState } from '../../../src/net/drivers/driver.ts'
import { toText } from '../packet.ts'
import { type Case, connect, offer, refusal, trickle } from '../scene.ts'

const NEW = {
  connection: ConnectionState.New,
  gathering: GatheringState.New,
  signaling: SignalingState.Stable,
}

export const life: readonly Case[] = [
  {
    name: 'initialize on a connected connection closes it, and it connects anew',
    sides: 2,
    async run(scene) {
      const { a, b, channelA, channelB } = await scene.joined()
      await a.initialize()
      expect(await a.states()).toEqual(NEW)
      expect((await channelA.look()).readyState).toBe(ChannelState.Closed)
      await channelA.next('closed')
      await channelB.next('closed')
      await b.initialize()
      const again = await a.createDataChannel('again')
      await connect(a, b)
      const received = await b.nextChannel()
      await again.opens()
      await again.put('hello again')
      expect(toText(await received.pollPacket())).toBe('hello again')
      expect(await channelA.events()).toEqual(['open', 'closed'])
    },
  },
  {
    name: 'initialize makes a closed connection usable again',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.close()
      await b.close()
      await a.initialize()
      await b.initialize()
      expect(await a.states()).toEqual(NEW)
      const channel = await a.createDataChannel('chat')
      await connect(a, b)
      await channel.opens()
    },
  },
  {
    name: 'initialize while connecting forgets the attempt, its channels and its candidates',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const old = await a.createDataChannel('old', { negotiated: true, id: 3 })
      await a.addIceCandidate('0', 0, 'candidate:1 1 UDP 2122252543 127.0.0.1 9 typ host')
      await offer(a, b)
      await a.initialize()
      await b.initialize()
      expect(await a.states()).toEqual(NEW)
      expect(await old.events()).toEqual(['closed'])
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      const channels = [
        await a.createDataChannel('new', { negotiated: true, id: 3 }),
        await b.createDataChannel('new', { negotiated: true, id: 3 }),
      ]
      // What the old attempt made is told no more.
      const before = (await b.events()).length
      await scene.settle(new Promise((resolve) => setTimeout(resolve, 50)))
      expect((await b.events()).length).toBe(before)
      await connect(a, b)
      await Promise.all(channels.map((channel) => channel.opens()))
    },
  },
  {
    name: 'initialize twice in a row is once',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.initialize()
      await a.initialize()
      await a.createDataChannel('chat')
      await a.createOffer()
      await a.nextDescription()
    },
  },
  {
    name: 'close closes the channels, with closed as their last event',
    sides: 2,
    async run(scene) {
      const { a, channelA } = await scene.joined()
      await a.close()
      expect(await a.states()).toMatchObject({ connection: ConnectionState.Closed, signaling: SignalingState.Closed })
      expect(await channelA.look()).toMatchObject({ readyState: ChannelState.Closed, bufferedAmount: 0, id: 1 })
      expect(await channelA.events()).toEqual(['open', 'closed'])
    },
  },
  {
    name: 'close twice is once',
    sides: 2,
    async run(scene) {
      const { a, channelA } = await scene.joined()
      await a.close()
      await a.close()
      await channelA.close()
      expect(await channelA.events()).toEqual(['open', 'closed'])
      expect((await a.stateChanges()).filter((state) => state === ConnectionState.Closed)).toHaveLength(1)
    },
  },
  {
    name: 'close while connecting ends the attempt silently',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const channel = await a.createDataChannel('chat')
      trickle(a, b)
      await offer(a, b)
      await a.close()
      await b.close()
      expect(await channel.events()).toEqual(['closed'])
      expect(await a.stateChanges()).toEqual([ConnectionState.Connecting, ConnectionState.Closed])
    },
  },
]
