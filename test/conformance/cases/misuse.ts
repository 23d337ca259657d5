// Calls at the wrong time or with the wrong arguments: each is refused with its code, and changes nothing.

import { expect } from 'vitest'
import { ConnectionState } from '../../../src/net/drivers/driver.ts'
import type { Json } from '../host.ts'
import { type Case, connect, negotiate, offer, refusal } from '../scene.ts'

const SDP = 'v=0\r\n'

/** Options of a channel that are refused, and what is wrong with them. */
const BAD_OPTIONS: readonly (readonly [what: string, options: { readonly [key: string]: Json }])[] = [
  ['both maxRetransmits and maxPacketLifeTime', { maxRetransmits: 1, maxPacketLifeTime: 1 }],
  ['both of them zero', { maxRetransmits: 0, maxPacketLifeTime: 0 }],
  ['negotiated without an id', { negotiated: true }],
  ['an id without negotiated', { id: 3 }],
  ['an id without negotiated, said explicitly', { id: 3, negotiated: false }],
  ['an id of -1', { negotiated: true, id: -1 }],
  ['an id of 1024', { negotiated: true, id: 1024 }],
  ['an id of 65535', { negotiated: true, id: 65_535 }],
  ['an id that is not whole', { negotiated: true, id: 1.5 }],
  ['an id that is text', { negotiated: true, id: '1' }],
  ['maxRetransmits of -1', { maxRetransmits: -1 }],
  ['maxRetransmits of 65536', { maxRetransmits: 65_536 }],
  ['maxRetransmits that is not whole', { maxRetransmits: 0.5 }],
  ['maxPacketLifeTime of -1', { maxPacketLifeTime: -1 }],
  ['maxPacketLifeTime of 65536', { maxPacketLifeTime: 65_536 }],
  ['maxPacketLifeTime that is text', { maxPacketLifeTime: '100' }],
  ['a protocol of 65536 bytes', { protocol: 'p'.repeat(65_536) }],
]

const badOptions: readonly Case[] = BAD_OPTIONS.map(([what, options]) => ({
  name: `refuses a channel with ${what}`,
  sides: 1,
  async run(scene) {
    const a = await scene.createA()
    expect(await refusal(a.createDataChannel('chat', options))).toBe('ERR_INVALID_PARAMETER')
    // It did not count as a channel.
    expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
    await a.createDataChannel('chat')
  },
}))

export const misuse: readonly Case[] = [
  ...badOptions,
  {
    name: 'refuses a channel with a label of 65536 bytes',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      expect(await refusal(a.createDataChannel('l'.repeat(65_536)))).toBe('ERR_INVALID_PARAMETER')
      // Counted in bytes of UTF-8.
      expect(await refusal(a.createDataChannel('é'.repeat(32_768)))).toBe('ERR_INVALID_PARAMETER')
    },
  },
  {
    name: 'refuses a negotiated id that is taken',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.createDataChannel('first', { negotiated: true, id: 7 })
      const second = a.createDataChannel('second', { negotiated: true, id: 7 })
      expect(await refusal(second)).toBe('ERR_ALREADY_IN_USE')
      await a.createDataChannel('third', { negotiated: true, id: 8 })
    },
  },
  {
    name: 'refuses a second offer',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.createDataChannel('chat')
      await a.createOffer()
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      await a.nextDescription()
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      expect(await a.stateChanges()).toEqual([ConnectionState.Connecting])
    },
  },
  {
    name: 'refuses an offer without a channel',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      expect((await a.states()).connection).toBe(ConnectionState.New)
    },
  },
  {
    name: 'refuses a channel once connecting has started, on either side',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      await a.createOffer()
      expect(await refusal(a.createDataChannel('late'))).toBe('ERR_UNCONFIGURED')
      const description = await a.nextDescription()
      await a.setLocalDescription(...description)
      await b.setRemoteDescription(...description)
      expect(await refusal(b.createDataChannel('late'))).toBe('ERR_UNCONFIGURED')
      await b.nextDescription()
    },
  },
  {
    name: 'refuses a channel and an offer once connected, on either side',
    sides: 2,
    async run(scene) {
      const { a, b } = await scene.joined()
      for (const end of [a, b]) {
        expect(await refusal(end.createDataChannel('late'))).toBe('ERR_UNCONFIGURED')
        expect(await refusal(end.createOffer())).toBe('ERR_UNCONFIGURED')
      }
    },
  },
  {
    name: 'refuses a local description that was not created',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      expect(await refusal(a.setLocalDescription('offer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setLocalDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      await a.createDataChannel('chat')
      await a.createOffer()
      const [, sdp] = await a.nextDescription()
      expect(await refusal(a.setLocalDescription('answer', sdp))).toBe('ERR_UNCONFIGURED')
      await a.setLocalDescription('offer', sdp)
      expect(await refusal(a.setLocalDescription('offer', sdp))).toBe('ERR_UNCONFIGURED')
    },
  },
  {
    name: 'refuses a remote offer when it has offered itself',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await Promise.all([a.createDataChannel('chat'), b.createDataChannel('chat')])
      await b.createOffer()
      const description = await b.nextDescription()
      await a.createOffer()
      expect(await refusal(a.setRemoteDescription(...description))).toBe('ERR_UNCONFIGURED')
      await a.nextDescription()
    },
  },
  {
    name: 'refuses a second remote offer',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      await a.createOffer()
      const description = await a.nextDescription()
      await b.setRemoteDescription(...description)
      expect(await refusal(b.setRemoteDescription(...description))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(b.createOffer())).toBe('ERR_UNCONFIGURED')
      await b.nextDescription()
    },
  },
  {
    name: 'refuses an answer to no offer',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      await a.createDataChannel('chat')
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      await a.createOffer()
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      await a.nextDescription()
      // Announced, but not set.
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      expect((await a.states()).connection).toBe(ConnectionState.Connecting)
    },
  },
  {
    name: 'refuses a second answer, and an answer on the side that answers',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      await offer(a, b)
      const answer = await b.nextDescription()
      expect(await refusal(b.setRemoteDescription(...answer))).toBe('ERR_UNCONFIGURED')
      await b.setLocalDescription(...answer)
      expect(await refusal(b.setRemoteDescription(...answer))).toBe('ERR_UNCONFIGURED')
      await a.setRemoteDescription(...answer)
      expect(await refusal(a.setRemoteDescription(...answer))).toBe('ERR_UNCONFIGURED')
    },
  },
  {
    name: 'refuses descriptions of types that are not offer or answer',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      for (const type of ['pranswer', 'rollback', '', 'OFFER']) {
        expect(await refusal(a.setRemoteDescription(type, SDP))).toBe('ERR_INVALID_PARAMETER')
        expect(await refusal(a.setLocalDescription(type, SDP))).toBe('ERR_UNCONFIGURED')
      }
      expect((await a.states()).connection).toBe(ConnectionState.New)
    },
  },
  {
    name: 'refuses bad ICE servers, and can be initialized again',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      for (const urls of ['nonsense', 'http://example.org', ['stun:127.0.0.1', 'nonsense']]) {
        const configuration = { ...scene.sideA.configuration, iceServers: [{ urls }] }
        expect(await refusal(a.initialize(configuration)), String(urls)).toBe('ERR_INVALID_PARAMETER')
        expect(await refusal(a.createDataChannel('chat'))).toBe('ERR_INVALID_PARAMETER')
      }
      await a.initialize()
      await a.createDataChannel('chat')
    },
  },
  {
    name: 'takes STUN and TURN servers, one URL or several',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      const login = { username: 'user', credential: 'secret' }
      for (const server of [
        { urls: 'stun:127.0.0.1:40009' },
        { urls: ['stun:127.0.0.1:40009', 'stun:127.0.0.1:40010'] },
        { urls: 'turn:127.0.0.1:40009?transport=udp', ...login },
        { urls: ['turn:127.0.0.1:40009', 'turns:127.0.0.1:40009?transport=tcp'], ...login },
      ]) {
        await a.initialize({ ...scene.sideA.configuration, iceServers: [server] })
        await a.initialize({ ...scene.sideA.configuration, iceServers: [server], iceTransportPolicy: 'all' })
      }
      const nobody = { ...scene.sideA.configuration, iceServers: [{ urls: 'turn:127.0.0.1:40009' }] }
      expect(await refusal(a.initialize(nobody))).toBe('ERR_INVALID_PARAMETER')
    },
  },
  {
    name: 'connects with ICE servers that do not answer',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      // A port of this machine on which nothing listens.
      const iceServers = [{ urls: ['stun:127.0.0.1:40009'] }]
      await a.initialize({ ...scene.sideA.configuration, iceServers })
      const channelA = await a.createDataChannel('chat')
      await connect(a, b)
      await channelA.opens()
    },
  },
  {
    name: 'refuses everything after close, on a side that never started',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.close()
      expect(await refusal(a.createDataChannel('chat'))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setLocalDescription('offer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setRemoteDescription('offer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.addIceCandidate('0', 0, 'candidate:1 1 UDP 1 127.0.0.1 9 typ host'))).toBe(
        'ERR_UNCONFIGURED',
      )
      expect(await a.stateChanges()).toEqual([ConnectionState.Closed])
    },
  },
  {
    name: 'refuses everything after close, on a side that was connected',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const channelA = await a.createDataChannel('chat')
      await negotiate(a, b)
      await a.close()
      expect(await refusal(a.createDataChannel('chat'))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setLocalDescription('offer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setRemoteDescription('offer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.setRemoteDescription('answer', SDP))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(a.addIceCandidate('0', 0, 'candidate:1 1 UDP 1 127.0.0.1 9 typ host'))).toBe(
        'ERR_UNCONFIGURED',
      )
      expect(await refusal(channelA.put('hello'))).toBe('ERR_UNCONFIGURED')
      expect(await refusal(channelA.get())).toBe('ERR_UNAVAILABLE')
    },
  },
]
