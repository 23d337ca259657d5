// What a connection tells of itself: its figures and its diagnosis.

import { expect } from 'vitest'
import { ConnectionState } from '../../../src/net/drivers/driver.ts'
import { fromText } from '../packet.ts'
import { type Case, negotiate, refusal } from '../scene.ts'

export const telling: readonly Case[] = [
  {
    name: 'stats counts what goes over a connection and over each channel, and has the route and the times of its states',
    sides: 2,
    async run(scene) {
      const { a, b, channelA, channelB } = await scene.joined()
      for (const text of ['one', 'three', '']) await channelA.put(text)
      await channelB.put('back')
      await channelB.available(3)
      await channelA.available(1)
      await channelB.get()
      const { maxPacketSize } = await channelA.look()
      expect(await refusal(channelA.put(fromText('x'.repeat(maxPacketSize + 1))))).toBe('ERR_OUT_OF_MEMORY')
      const sent = { packetsIn: 1, bytesIn: 4, packetsOut: 3, bytesOut: 8, dropped: 0, rejected: 1 }
      const received = { packetsIn: 3, bytesIn: 8, packetsOut: 1, bytesOut: 4, dropped: 0, rejected: 0 }
      expect(await channelA.stats()).toMatchObject({ ...sent, label: 'joint', id: 1, waitingPackets: 1 })
      expect(await channelB.stats()).toMatchObject({ ...received, label: 'joint', id: 1, waitingPackets: 2 })
      for (const [end, channel, figures] of [
        [a, channelA, sent],
        [b, channelB, received],
      ] as const) {
        const stats = await end.until(
          () => end.stats(),
          ({ route }) => route !== undefined,
        )
        expect(stats).toMatchObject({ ...figures, state: ConnectionState.Connected, route: { relayed: false } })
        expect(stats.channels).toHaveLength(1)
        expect(['host', 'srflx', 'prflx']).toContain(stats.route!.local)
        expect(['host', 'srflx', 'prflx']).toContain(stats.route!.remote)
        const states = stats.history.filter(({ of }) => of === 'connection')
        expect(states.map(({ state }) => state)).toEqual(['New', 'Connecting', 'Connected'])
        const times = stats.history.map(({ atMs }) => atMs)
        expect(times).toEqual([...times].sort((x, y) => x - y))
        expect((await channel.stats()).history.map(({ state }) => state)).toEqual(['Connecting', 'Open'])
      }
      for (const [end, channel] of [
        [a, channelA],
        [b, channelB],
      ] as const) {
        await end.close()
        expect((await channel.stats()).history.at(-1)!.state).toBe('Closed')
        expect((await end.stats()).history.at(-1)!.state).toBe('Closed')
      }
    },
  },
  {
    name: 'diagnose tells the phases, candidates and route of a connection that stands, and that it was closed or lost',
    sides: 2,
    async run(scene) {
      const { a, b, channelB } = await scene.joined()
      for (const end of [a, b]) {
        const diagnosis = await end.until(
          () => end.diagnose(),
          ({ route, phases }) => route !== undefined && phases.gathering.state === 'done',
        )
        expect(diagnosis.outcome).toBe('connected')
        expect(Object.values(diagnosis.phases).map(({ state }) => state)).toEqual(Array(5).fill('done'))
        expect(diagnosis.local.length).toBeGreaterThan(0)
        expect(diagnosis.remote.length).toBeGreaterThan(0)
        for (const { type, protocol, count } of [...diagnosis.local, ...diagnosis.remote]) {
          expect(['host', 'srflx']).toContain(type)
          expect(['udp', 'tcp']).toContain(protocol)
          expect(count).toBeGreaterThan(0)
        }
        expect(diagnosis.text).toContain('It is connected directly')
      }
      await a.close()
      expect(await a.diagnose()).toMatchObject({ outcome: 'closed' })
      // Not every platform says that the other side closed the connection; that the channels closed they all do.
      await channelB.next('closed')
      expect((await b.diagnose()).outcome).toBe('lost')
    },
  },
  {
    name: 'diagnose tells the phase in which a connection that does not get on is stuck',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      expect(await a.diagnose()).toMatchObject({ outcome: 'new', tookMs: 0 })
      await a.createDataChannel('chat')
      await a.createOffer()
      expect(await a.diagnose()).toMatchObject({ outcome: 'connecting', phase: 'signaling' })
      await a.nextDescription()
      // Nobody carries the candidates across.
      await a.initialize()
      await a.createDataChannel('chat')
      await negotiate(a, b)
      await a.until(
        () => a.diagnose(),
        ({ phase, local }) => phase === 'checks' && local.length > 0,
      )
      expect((await a.diagnose()).phases).toMatchObject({
        signaling: { state: 'done' },
        checks: { state: 'running' },
        dtls: { state: 'waiting' },
      })
      await a.close()
      const { outcome, phase, phases } = await a.diagnose()
      expect([outcome, phase, phases.checks.state]).toEqual(['closed', 'checks', 'failed'])
    },
  },
  {
    name: 'putVar and getVar carry values over a channel',
    sides: 2,
    async run(scene) {
      const { channelA, channelB } = await scene.joined()
      const value = { name: 'ship', at: [1.5, -2], alive: true, cargo: null }
      await channelA.putVar(value)
      await channelA.put('not msgpack: this text is no one value')
      await channelB.available(2)
      expect(await channelB.getVar()).toEqual(value)
      expect(await refusal(channelB.getVar())).toBe('ERR_INVALID_DATA')
      expect(await refusal(channelB.getVar())).toBe('ERR_UNAVAILABLE')
    },
  },
]
