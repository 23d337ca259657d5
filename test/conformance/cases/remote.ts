// What comes from the remote: descriptions that are none, candidates that are early, bad or too many, and its end.

import { expect } from 'vitest'
import { ChannelState, ConnectionState, GatheringState, SignalingState } from '../../../src/net/drivers/driver.ts'
import { toText } from '../packet.ts'
import { type Case, candidateOf, connect, offer, refusal, type Scene, trickle } from '../scene.ts'

const CANDIDATE = 'candidate:1 1 UDP 2122252543 127.0.0.1 40009 typ host'
const MAX_EARLY = 64
const MAX_ALL = 128

/** Begin like SDP, and are none that could be used. */
const GARBAGE = [
  'v=0',
  'v=0\r\n\0\0\0',
  'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=nonsense\r\n',
  'v=0\r\n'.repeat(99),
]

async function expectFailure(scene: Scene, type: 'offer' | 'answer', sdp: string): Promise<void> {
  const end = await scene.createB()
  const channel = await end.createDataChannel('x', { negotiated: true, id: 1 })
  if (type === 'answer') {
    await end.createOffer()
    await end.setLocalDescription(...(await end.nextDescription()))
  }
  await end.setRemoteDescription(type, sdp)
  expect((await end.next('error'))[0]).toBe('ERR_INVALID_DATA')
  await end.reaches(ConnectionState.Failed)
  await channel.next('closed')
  expect((await end.states()).connection).toBe(ConnectionState.Failed)
  expect(await refusal(end.createOffer())).toBe('ERR_UNCONFIGURED')
  expect(await refusal(end.setRemoteDescription(type, sdp))).toBe('ERR_UNCONFIGURED')
  await end.initialize()
  await end.createDataChannel('chat')
  await end.createOffer()
  await end.nextDescription()
}

/** The candidates of A suffice to connect, without those of B. */
function isEnough({ sideA: { facts: a }, sideB: { facts: b } }: Scene): boolean {
  return a.learnsFromChecks && (!a.hidesAddresses || a === b)
}

export const remote: readonly Case[] = [
  {
    name: 'refuses a remote description that is not SDP, at once',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const tooLong = `v=0\r\n${'a=x\r\n'.repeat(5000)}`
      for (const sdp of ['', 'hello', '{"type":"offer"}', ' v=0', 7, null, undefined, {}, tooLong]) {
        expect(await refusal(b.setRemoteDescription('offer', sdp)), String(sdp).slice(0, 20)).toBe('ERR_INVALID_DATA')
      }
      expect((await b.states()).connection).toBe(ConnectionState.New)
      const channel = await a.createDataChannel('chat')
      trickle(a, b)
      await offer(a, b)
      expect(await refusal(a.setRemoteDescription('answer', 'hello'))).toBe('ERR_INVALID_DATA')
      const answer = await b.nextDescription()
      await b.setLocalDescription(...answer)
      await a.setRemoteDescription(...answer)
      await channel.opens()
    },
  },
  ...(['offer', 'answer'] as const).map(
    (type): Case => ({
      name: `a remote ${type} that only begins like SDP is told as an error, and the connection as failed`,
      sides: 1,
      async run(scene) {
        scene.errorsAllowed = true
        for (const sdp of GARBAGE) await expectFailure(scene, type, sdp)
      },
    }),
  ),
  {
    name: 'candidates that come before the description wait for it, and are used',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const channel = await a.createDataChannel('chat')
      await a.createOffer()
      const description = await a.nextDescription()
      await a.setLocalDescription(...description)
      // All of A's candidates are with B before B has the offer, and none of B's come to A: it connects by them alone.
      await a.until(
        () => a.states(),
        ({ gathering }) => gathering === GatheringState.Complete,
      )
      const candidates = (await a.entries()).filter(({ name }) => name === 'iceCandidateCreated')
      expect(candidates.length).toBeGreaterThan(0)
      for (const candidate of candidates) await b.addIceCandidate(...candidateOf(candidate))
      await b.setRemoteDescription(...description)
      const answer = await b.nextDescription()
      await b.setLocalDescription(...answer)
      await a.setRemoteDescription(...answer)
      if (!isEnough(scene)) await a.addIceCandidate(...candidateOf(await b.nextEntry('iceCandidateCreated')))
      await channel.opens()
    },
  },
  {
    name: 'a candidate that is none is told as an error, and the connection works',
    sides: 2,
    async run(scene) {
      scene.errorsAllowed = true
      const [a, b] = await scene.pair()
      const channel = await a.createDataChannel('chat')
      // Early on both sides, and once more while B has not answered yet.
      for (const end of [a, b]) await end.addIceCandidate('0', 0, 'nonsense')
      trickle(a, b)
      await offer(a, b)
      await b.addIceCandidate('0', 0, 'candidate:nonsense')
      expect((await b.next('error'))[0]).toBe('ERR_INVALID_DATA')
      const answer = await b.nextDescription()
      await b.setLocalDescription(...answer)
      await a.setRemoteDescription(...answer)
      expect((await a.next('error'))[0]).toBe('ERR_INVALID_DATA')
      await channel.opens()
      for (const end of [a, b]) {
        // The one channel may be open before the other side is told of the connection.
        await end.reaches(ConnectionState.Connected)
        expect(await end.stateChanges()).toEqual([ConnectionState.Connecting, ConnectionState.Connected])
      }
    },
  },
  {
    name: 'candidates of unknown media and odd texts do no harm',
    sides: 2,
    async run(scene) {
      scene.errorsAllowed = true
      const { a, channelA, channelB } = await scene.joined()
      const odd = [
        '',
        'candidate:',
        `candidate:${'9'.repeat(5000)}`,
        'candidate:1 1 UDP 1 256.1.1.1 99999 typ host',
        '\0',
      ]
      for (const name of odd) await a.addIceCandidate('no such media', 99, name)
      await a.addIceCandidate('', -1, CANDIDATE)
      await channelA.put('still here')
      await channelB.pollPacket()
      expect((await channelA.look()).readyState).toBe(ChannelState.Open)
    },
  },
  {
    name: 'refuses too many candidates before the description',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      for (let n = 0; n < MAX_EARLY; n += 1) await a.addIceCandidate('0', 0, CANDIDATE)
      expect(await refusal(a.addIceCandidate('0', 0, CANDIDATE))).toBe('ERR_OUT_OF_MEMORY')
      expect((await a.states()).connection).toBe(ConnectionState.New)
    },
  },
  {
    name: 'refuses too many candidates in all, and the connection works',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const channel = await a.createDataChannel('chat')
      await connect(a, b)
      let taken = 0
      let refused = 'not refused'
      while (refused === 'not refused' && taken <= MAX_ALL) {
        refused = await refusal(a.addIceCandidate('0', 0, CANDIDATE))
        if (refused === 'not refused') taken += 1
      }
      expect(refused).toBe('ERR_OUT_OF_MEMORY')
      expect(taken).toBeLessThan(MAX_ALL)
      expect(taken).toBeGreaterThan(MAX_ALL - 30)
      await channel.opens()
      expect((await a.states()).connection).toBe(ConnectionState.Connected)
    },
  },
  {
    name: 'a remote that closes its connection closes the channels here, without an error',
    sides: 2,
    async run(scene) {
      const { a, b, channelA, channelB } = await scene.joined()
      await channelA.put('last words')
      await channelB.available(1)
      await a.close()
      await channelB.next('closed')
      expect((await channelB.look()).readyState).toBe(ChannelState.Closed)
      expect(await refusal(channelB.put('hello?'))).toBe('ERR_UNCONFIGURED')
      expect(toText(await channelB.get())).toBe('last words')
      expect(await channelB.events()).toEqual(['open', 'closed'])
      const { afterRemoteClose } = scene.sideB.facts
      await b.until(
        () => b.states(),
        ({ connection }) => connection === afterRemoteClose,
      )
      await b.close()
      expect(await b.states()).toMatchObject({ connection: ConnectionState.Closed, signaling: SignalingState.Closed })
    },
  },
]
