// Packets: text and bytes, sizes, the two styles of taking them, and what happens when too much is sent.

import { expect } from 'vitest'
import { WriteMode } from '../../../src/net/data-channel.ts'
import { ChannelState } from '../../../src/net/drivers/driver.ts'
import { fromBytes, fromText, type Packet, toBytes, toText } from '../packet.ts'
import { type Case, connect, refusal } from '../scene.ts'

const TEXTS = ['plain', 'ünïcödé 🕸', 'a\0b', '\uFEFFmark', ' \r\n\t']
const ALL_BYTES = fromBytes(Array.from({ length: 256 }, (_, n) => n))

export const packets: readonly Case[] = [
  {
    name: 'text arrives as text, whatever is in it',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      for (const text of TEXTS) await channelA.put(text)
      for (const text of TEXTS) {
        const packet = await channelB.pollPacket()
        expect(toText(packet)).toBe(text)
        expect(packet.isString).toBe(true)
      }
    },
  },
  {
    name: 'bytes arrive as bytes, whatever is in them',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await channelA.put(ALL_BYTES)
      expect(await channelB.pollPacket()).toEqual(ALL_BYTES)
    },
  },
  {
    name: 'writeMode Text sends bytes as text, and leaves text as it is',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await channelA.setWriteMode(WriteMode.Text)
      for (const text of TEXTS) await channelA.put({ ...fromText(text), isString: false })
      await channelA.put('text')
      for (const text of [...TEXTS, 'text']) expect(await channelB.pollPacket()).toEqual(fromText(text))
      await channelA.setWriteMode(WriteMode.Binary)
      await channelA.put(fromBytes([1, 2]))
      expect(await channelB.pollPacket()).toEqual(fromBytes([1, 2]))
    },
  },
  {
    name: 'writeMode Text replaces what is not UTF-8',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await channelA.setWriteMode(WriteMode.Text)
      await channelA.put(fromBytes([0x61, 0xff, 0x62]))
      expect(await channelB.pollPacket()).toEqual(fromText('a\uFFFDb'))
    },
  },
  {
    name: 'wasStringPacket is about the packet that was taken last',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await channelA.put('text')
      await channelA.put(fromBytes([1]))
      await channelA.put('text')
      await channelB.available(3)
      const kinds = [await channelB.get(), await channelB.get(), await channelB.get()].map(({ isString }) => isString)
      expect(kinds).toEqual([true, false, true])
    },
  },
  {
    name: 'an empty packet is a packet, as text and as bytes',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      const sent = [fromText(''), fromBytes([]), fromText('end')]
      for (const packet of sent) await channelA.put(packet)
      await channelB.available(3)
      expect([await channelB.get(), await channelB.get(), await channelB.get()]).toEqual(sent)
    },
  },
  {
    name: 'the largest packet arrives, and one byte more is refused while the channel stays open',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      const { maxPacketSize } = await channelA.look()
      expect(maxPacketSize).toBe(Math.min(scene.sideA.facts.maxPacketSize, scene.sideB.facts.maxPacketSize))
      const largest = new Uint8Array(maxPacketSize).map((_, n) => n * 31 + (n >> 8))
      await channelA.put(fromBytes(largest))
      expect((await channelB.pollPacket()).base64 === fromBytes(largest).base64).toBe(true)
      expect(await refusal(channelA.put(fromBytes(new Uint8Array(maxPacketSize + 1))))).toBe('ERR_OUT_OF_MEMORY')
      expect(await refusal(channelA.put(`${'é'.repeat(maxPacketSize / 2)}e`))).toBe('ERR_OUT_OF_MEMORY')
      await channelA.put('still open')
      expect(toText(await channelB.pollPacket())).toBe('still open')
    },
  },
  {
    name: 'the largest text arrives, counted in bytes of UTF-8',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      const { maxPacketSize } = await channelA.look()
      await channelA.put('é'.repeat(maxPacketSize / 2))
      const packet = await channelB.pollPacket()
      expect(packet.isString).toBe(true)
      expect(toBytes(packet).length).toBe(maxPacketSize)
    },
  },
  {
    name: 'bytes may be reused as soon as putPacket has returned',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      for (let n = 0; n < 3; n += 1) await scene.sideA.call('putAndReuse', channelA.id, ALL_BYTES)
      for (let n = 0; n < 3; n += 1) expect(await channelB.pollPacket()).toEqual(ALL_BYTES)
    },
  },
  {
    name: 'refuses what is neither bytes nor text',
    sides: 2,
    async run(scene) {
      const { channelA } = await scene.joined()
      for (const value of [1, null, { length: 1 }, [1, 2]]) {
        const call = scene.sideA.call('putAnything', channelA.id, value)
        expect(await refusal(call)).toBe('ERR_INVALID_PARAMETER')
      }
      expect((await channelA.look()).readyState).toBe(ChannelState.Open)
    },
  },
  {
    name: 'refuses packets before open',
    sides: 2,
    async run(scene) {
      const [a] = await scene.pair()
      const channel = await a.createDataChannel('chat')
      expect(await refusal(channel.put('early'))).toBe('ERR_UNCONFIGURED')
      await a.createOffer()
      await a.nextDescription()
      expect(await refusal(channel.put('early'))).toBe('ERR_UNCONFIGURED')
    },
  },
  {
    name: 'refuses packets after the channel closed',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await channelA.close()
      expect(await refusal(channelA.put('late'))).toBe('ERR_UNCONFIGURED')
      await channelB.next('closed')
      expect(await refusal(channelB.put('late'))).toBe('ERR_UNCONFIGURED')
    },
  },
  {
    name: 'getPacket with none waiting is refused, before open, open and closed',
    sides: 2,
    async run(scene) {
      const { a, channelA } = await scene.joined()
      const other = await (await scene.createA()).createDataChannel('chat')
      expect(await refusal(other.get())).toBe('ERR_UNAVAILABLE')
      expect(await refusal(channelA.get())).toBe('ERR_UNAVAILABLE')
      await a.close()
      expect(await refusal(channelA.get())).toBe('ERR_UNAVAILABLE')
    },
  },
  {
    name: 'packets that wait can still be taken after the channel closed',
    sides: 2,
    async run(scene) {
      const { b, channelA, channelB } = await scene.joined()
      await channelA.put('one')
      await channelA.put('two')
      await channelB.available(2)
      await channelA.close()
      await channelB.next('closed')
      expect(toText(await channelB.get())).toBe('one')
      await b.close()
      expect(toText(await channelB.get())).toBe('two')
    },
  },
  {
    name: 'the polled style and the event style give the same packets in the same order',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const ids = [1, 2].map((id) => ({ negotiated: true, id }))
      const [polledA, eventsA] = await Promise.all(ids.map((options) => a.createDataChannel('style', options)))
      const [polledB, eventsB] = await Promise.all(ids.map((options) => b.createDataChannel('style', options)))
      await eventsB!.listen()
      await connect(a, b)
      await Promise.all([polledA, eventsA, polledB, eventsB].map((channel) => channel!.opens()))
      const sent = [fromText('a'), fromBytes([]), fromText(''), fromBytes([1, 2, 3]), fromText('ü'), ALL_BYTES]
      for (const packet of sent) {
        await polledA!.put(packet)
        await eventsA!.put(packet)
      }
      await polledB!.available(sent.length)
      const polled: Packet[] = []
      const events: Packet[] = []
      for (const _ of sent) {
        polled.push(await polledB!.get())
        events.push(await eventsB!.nextPacket())
      }
      expect(polled).toEqual(sent)
      expect(events).toEqual(sent)
      // What an event brought does not wait as well.
      expect((await eventsB!.look()).availablePacketCount).toBe(0)
    },
  },
  {
    name: 'a listener that comes late first gets the packets that wait, in order',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      for (const text of ['one', 'two', 'three']) await channelA.put(text)
      await channelB.available(3)
      expect(toText(await channelB.get())).toBe('one')
      await channelB.listen()
      await channelA.put('four')
      for (const text of ['two', 'three', 'four']) expect(toText(await channelB.nextPacket())).toBe(text)
    },
  },
  {
    name: 'packets that the remote sends in its own open are not lost, though the listener comes later',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const [announced, fixedA, fixedB] = await Promise.all([
        a.createDataChannel('announced'),
        a.createDataChannel('fixed', { negotiated: true, id: 100 }),
        b.createDataChannel('fixed', { negotiated: true, id: 100 }),
      ])
      for (const channel of [announced, fixedA]) {
        for (const text of ['early', 'also early'])
          await channel.react('open', 'put', channel.id, { ...fromText(text) })
      }
      await connect(a, b)
      const received = await b.nextChannel()
      await received.available(2)
      await fixedB.available(2)
      for (const channel of [received, fixedB]) {
        await channel.listen()
        for (const text of ['early', 'also early']) expect(toText(await channel.nextPacket())).toBe(text)
      }
    },
  },
  {
    name: 'packets that the remote sends in its own open reach a listener that is there at once, after open',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await b.react('dataChannelReceived', 'listen', '$0')
      const channelA = await a.createDataChannel('chat')
      for (const text of ['early', 'also early'])
        await channelA.react('open', 'put', channelA.id, { ...fromText(text) })
      await connect(a, b)
      const channelB = await b.nextChannel()
      for (const text of ['early', 'also early']) expect(toText(await channelB.nextPacket())).toBe(text)
      expect(await channelB.events()).toEqual(['open', 'packet', 'packet'])
    },
  },
  {
    name: 'a thousand packets on a reliable channel arrive complete and in order',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await scene.sideA.call('flood', channelA.id, 1000, 100)
      await channelB.available(1000)
      const firsts = await scene.sideB.call('takeFirstBytes', channelB.id)
      expect(firsts).toEqual(Array.from({ length: 1000 }, (_, n) => n % 256))
    },
  },
  {
    name: 'bufferedAmount rises with what is sent, and drained comes when it has fallen',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      await scene.sideA.call('setDrainThreshold', channelA.id, 1000)
      expect((await channelA.look()).drainThreshold).toBe(1000)
      const most = await scene.sideA.call('flood', channelA.id, 64, 32_768)
      expect(most).toBeGreaterThan(1000)
      await channelA.next('drained')
      expect((await channelA.look()).bufferedAmount).toBeLessThanOrEqual(1000)
      await channelB.available(64)
    },
  },
]
