// `close` and `initialize` from inside every callback, on either side.

import { expect } from 'vitest'
import { ChannelState, ConnectionState, SignalingState } from '../../../src/net/drivers/driver.ts'
import type { ChannelHandle, Endpoint } from '../endpoint.ts'
import type { ChannelEventName, ConnectionEventName, Json } from '../host.ts'
import { type Case, negotiate, type Scene, trickle } from '../scene.ts'

type Where = 'A' | 'B'

/** Connects as far as it goes: steps that come too late for a side that closed itself are refused. */
function connectLoosely(a: Endpoint, b: Endpoint): void {
  trickle(a, b)
  void negotiate(a, b).catch(() => {})
}

async function expectClosed(end: Endpoint, channels: readonly ChannelHandle[]): Promise<void> {
  expect(await end.states()).toMatchObject({ connection: ConnectionState.Closed, signaling: SignalingState.Closed })
  const changes = await end.stateChanges()
  expect(changes.at(-1)).toBe(ConnectionState.Closed)
  expect(changes.filter((state) => state === ConnectionState.Closed)).toHaveLength(1)
  for (const channel of channels) {
    expect((await channel.look()).readyState).toBe(ChannelState.Closed)
    expect((await channel.events()).filter((name) => name === 'closed')).toHaveLength(1)
  }
}

interface Setting {
  readonly ends: Readonly<Record<Where, Endpoint>>
  readonly channels: Readonly<Record<Where, ChannelHandle>>
}

async function prepare(scene: Scene): Promise<Setting> {
  const [a, b] = await scene.pair()
  const options = { negotiated: true, id: 1 }
  const [channelA, channelB] = [await a.createDataChannel('x', options), await b.createDataChannel('x', options)]
  return { ends: { A: a, B: b }, channels: { A: channelA, B: channelB } }
}

/** Closes inside a callback of the connection while connecting. */
function closesDuring(event: ConnectionEventName, where: Where): Case {
  return {
    name: `close from inside ${event} closes at once, on ${side(where)}`,
    sides: 2,
    async run(scene) {
      const { ends, channels } = await prepare(scene)
      const end = ends[where]
      await end.react(event, 'close', end.id)
      connectLoosely(ends.A, ends.B)
      await end.reaches(ConnectionState.Closed)
      await expectClosed(end, [channels[where]])
    },
  }
}

/** Closes the connection, or the channel itself, inside a callback of a channel. */
function closesInChannel(event: ChannelEventName, what: 'connection' | 'channel', where: Where): Case {
  return {
    name: `close of the ${what} from inside the channel's ${event}, on ${side(where)}`,
    sides: 2,
    async run(scene) {
      const { ends, channels } = await prepare(scene)
      const [end, channel] = [ends[where], channels[where]]
      const other = channels[where === 'A' ? 'B' : 'A']
      await channel.listen()
      await channel.react(event, what === 'channel' ? 'close' : 'closeConnectionOf', channel.id)
      connectLoosely(ends.A, ends.B)
      if (event === 'packet') {
        await other.opens()
        for (const text of ['one', 'two', 'three']) await other.put(text).catch(() => {})
      }
      if (event === 'closed') {
        await Promise.all([channel.opens(), other.opens()])
        await other.close()
      }
      await channel.next('closed')
      if (what === 'connection') {
        await end.reaches(ConnectionState.Closed)
        await expectClosed(end, [channel])
      } else {
        expect((await channel.look()).readyState).toBe(ChannelState.Closed)
      }
      const packets = (await channel.events()).filter((name) => name === 'packet')
      if (event === 'packet' && what === 'connection') expect(packets).toHaveLength(1)
    },
  }
}

function side(where: Where): string {
  return where === 'A' ? 'the side that offers' : 'the side that answers'
}

const SIDES = ['A', 'B'] as const

export const reentrancy: readonly Case[] = [
  ...SIDES.flatMap((where) => [
    closesDuring('sessionDescriptionCreated', where),
    closesDuring('iceCandidateCreated', where),
    closesDuring('connectionStateChanged', where),
    closesInChannel('open', 'connection', where),
    closesInChannel('packet', 'connection', where),
    closesInChannel('closed', 'connection', where),
  ]),
  closesInChannel('open', 'channel', 'A'),
  closesInChannel('packet', 'channel', 'B'),
  closesInChannel('closed', 'channel', 'B'),
  ...(['connection', 'channel'] as const).map(
    (what): Case => ({
      name: `close of the ${what} from inside dataChannelReceived`,
      sides: 2,
      async run(scene) {
        const [a, b] = await scene.pair()
        const channelA = await a.createDataChannel('chat')
        await b.react('dataChannelReceived', what === 'channel' ? 'close' : 'closeConnectionOf', '$0')
        connectLoosely(a, b)
        const channelB = await b.nextChannel()
        await channelB.next('closed')
        if (what === 'connection') await expectClosed(b, [channelB])
        await channelA.next('closed')
      },
    }),
  ),
  {
    name: 'close from inside connectionStateChanged when connected, on both sides at once',
    sides: 2,
    async run(scene) {
      const { ends, channels } = await prepare(scene)
      for (const where of SIDES) {
        const channel = channels[where]
        await channel.react('open', 'closeConnectionOf', channel.id)
      }
      connectLoosely(ends.A, ends.B)
      for (const where of SIDES) await channels[where].next('closed')
    },
  },
  {
    name: "initialize from inside the channel's closed begins anew",
    sides: 2,
    async run(scene) {
      const { a, b, channelA } = await scene.joined()
      await channelA.react('closed', 'initialize', a.id, { ...scene.sideA.configuration } as Json)
      await b.close()
      await channelA.next('closed')
      expect((await a.states()).connection).toBe(ConnectionState.New)
      await a.createDataChannel('again')
      await a.createOffer()
      await a.nextDescription()
    },
  },
]
