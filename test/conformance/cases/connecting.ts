// The three steps of connecting, and the states on the way.

import { expect } from 'vitest'
import { ConnectionState, GatheringState, SignalingState } from '../../../src/net/drivers/driver.ts'
import type { Endpoint } from '../endpoint.ts'
import type { States } from '../host.ts'
import { type Case, connect, offer, refusal, trickle } from '../scene.ts'

const NEW = {
  connection: ConnectionState.New,
  gathering: GatheringState.New,
  signaling: SignalingState.Stable,
}

/** The values that a state took, in order, as seen inside the callbacks and by asking in between. */
class Watch {
  readonly #endpoint: Endpoint
  readonly #asked: States[] = []

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  async ask(): Promise<States> {
    const states = await this.#endpoint.states()
    this.#asked.push(states)
    return states
  }

  /** What was seen inside the callbacks. */
  async told(kind: keyof States): Promise<number[]> {
    return withoutRepeats((await this.#endpoint.entries()).map(({ states }) => states[kind]))
  }

  asked(kind: keyof States): number[] {
    return withoutRepeats(this.#asked.map((states) => states[kind]))
  }
}

function withoutRepeats(values: readonly number[]): number[] {
  return values.filter((value, n) => value !== values[n - 1])
}

export const connecting: readonly Case[] = [
  {
    name: 'connects in three steps: offer, answer, candidates',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      const channelA = await a.createDataChannel('chat')
      trickle(a, b)
      await a.createOffer()
      const [offerType, offerSdp] = await a.nextDescription()
      expect(offerType).toBe('offer')
      expect(offerSdp).toMatch(/^v=0/)
      await a.setLocalDescription(offerType, offerSdp)
      await b.setRemoteDescription(offerType, offerSdp)
      const [answerType, answerSdp] = await b.nextDescription()
      expect(answerType).toBe('answer')
      expect(answerSdp).toMatch(/^v=0/)
      await b.setLocalDescription(answerType, answerSdp)
      await a.setRemoteDescription(answerType, answerSdp)
      await Promise.all([a.reaches(ConnectionState.Connected), b.reaches(ConnectionState.Connected)])
      const channelB = await b.nextChannel()
      await Promise.all([channelA.opens(), channelB.opens()])
      await channelA.put('hello')
      expect((await channelB.pollPacket()).isString).toBe(true)
    },
  },
  {
    name: 'starts in New, New and Stable',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      expect(await a.states()).toEqual(NEW)
      await a.createDataChannel('chat')
      expect(await a.states()).toEqual(NEW)
    },
  },
  {
    name: 'works without initialize, which is optional before the first use',
    sides: 1,
    async run(scene) {
      const id = await scene.sideA.call('create', null)
      expect(await scene.sideA.call('states', id)).toEqual(NEW)
      await scene.sideA.call('createDataChannel', id, 'chat', {})
      await scene.sideA.call('createOffer', id)
      expect(await scene.settle(scene.sideA.call('wait', id, 'sessionDescriptionCreated', 0))).toBeDefined()
    },
  },
  {
    name: 'the connection state goes New, Connecting, Connected, Closed on both sides',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      const watches = [new Watch(a), new Watch(b)]
      for (const watch of watches) expect((await watch.ask()).connection).toBe(ConnectionState.New)
      await connect(a, b)
      for (const watch of watches) expect((await watch.ask()).connection).toBe(ConnectionState.Connected)
      // At once, so that neither is first told of the other's end.
      await Promise.all([a.close(), b.close()])
      for (const end of [a, b]) {
        expect((await end.states()).connection).toBe(ConnectionState.Closed)
        const changes = await end.stateChanges()
        expect(changes.slice(0, 2)).toEqual([ConnectionState.Connecting, ConnectionState.Connected])
        expect(changes.at(-1)).toBe(ConnectionState.Closed)
      }
      expect(await a.stateChanges()).toHaveLength(3)
    },
  },
  {
    name: 'createOffer starts connecting at once',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.createDataChannel('chat')
      await a.createOffer()
      expect((await a.states()).connection).toBe(ConnectionState.Connecting)
      expect(await a.next('connectionStateChanged')).toEqual([ConnectionState.Connecting])
      await a.nextDescription()
    },
  },
  {
    name: 'a remote offer starts connecting at once',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      await offer(a, b)
      expect((await b.states()).connection).toBe(ConnectionState.Connecting)
      await b.nextDescription()
    },
  },
  {
    name: 'the gathering state goes New, Gathering, Complete on both sides',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      const watches = [new Watch(a), new Watch(b)]
      for (const watch of watches) expect((await watch.ask()).gathering).toBe(GatheringState.New)
      await connect(a, b)
      for (const watch of watches) {
        await a.until(
          () => watch.ask(),
          ({ gathering }) => gathering === GatheringState.Complete,
        )
        const { New, Gathering, Complete } = GatheringState
        const asked = watch.asked('gathering')
        expect([...asked].sort(), 'it never goes back').toEqual(asked)
        expect((await watch.told('gathering')).slice(0, 2)).toEqual([New, Gathering])
        expect(asked.at(-1)).toBe(Complete)
      }
      for (const end of [a, b]) {
        const candidates = (await end.entries()).filter(({ name }) => name === 'iceCandidateCreated')
        expect(candidates.length).toBeGreaterThan(0)
        for (const { states } of candidates) expect(states.gathering).toBe(GatheringState.Gathering)
      }
    },
  },
  {
    name: 'the signaling state of the side that offers goes Stable, HaveLocalOffer, Stable, Closed',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      const watch = new Watch(a)
      await watch.ask()
      trickle(a, b)
      await offer(a, b)
      const answer = await b.nextDescription()
      await b.setLocalDescription(...answer)
      await a.until(
        () => watch.ask(),
        ({ signaling }) => signaling === SignalingState.HaveLocalOffer,
      )
      // So that a callback has seen it, too.
      await a.next('iceCandidateCreated')
      await a.setRemoteDescription(...answer)
      await a.until(
        () => watch.ask(),
        ({ signaling }) => signaling === SignalingState.Stable,
      )
      await a.reaches(ConnectionState.Connected)
      await a.close()
      await watch.ask()
      const { Stable, HaveLocalOffer, Closed } = SignalingState
      expect(watch.asked('signaling')).toEqual([Stable, HaveLocalOffer, Stable, Closed])
      expect(await watch.told('signaling')).toEqual([Stable, HaveLocalOffer, Stable, Closed])
    },
  },
  {
    name: 'the signaling state of the side that answers goes Stable, HaveRemoteOffer, Stable, Closed',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      const watch = new Watch(b)
      await watch.ask()
      trickle(a, b)
      await offer(a, b)
      const answer = await b.nextDescription()
      await b.setLocalDescription(...answer)
      await a.setRemoteDescription(...answer)
      await b.reaches(ConnectionState.Connected)
      await watch.ask()
      await b.close()
      await watch.ask()
      const { Stable, HaveRemoteOffer, Closed } = SignalingState
      expect(watch.asked('signaling')).toEqual([Stable, Closed])
      // Inside sessionDescriptionCreated the answer is not set yet.
      expect(await watch.told('signaling')).toEqual([Stable, HaveRemoteOffer, Stable, Closed])
    },
  },
  {
    name: 'candidates come only after setLocalDescription',
    sides: 1,
    async run(scene) {
      const a = await scene.createA()
      await a.createDataChannel('chat')
      await a.createOffer()
      const description = await a.nextDescription()
      await a.until(
        () => a.states(),
        ({ connection }) => connection === ConnectionState.Connecting,
      )
      expect(await a.events()).not.toContain('iceCandidateCreated')
      await a.setLocalDescription(...description)
      const [media, index, name] = await a.next('iceCandidateCreated')
      expect(media).toBe('0')
      expect(index).toBe(0)
      expect(name).toMatch(/^candidate:/)
    },
  },
  {
    name: 'selectedRoute is undefined until connected and after close, and names the types of the candidates in between',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      expect((await a.selectedRoute()) ?? undefined).toBeUndefined()
      await connect(a, b)
      for (const end of [a, b]) {
        const route = await a.until(
          () => end.selectedRoute(),
          (found) => found !== undefined && found !== null,
        )
        expect(['host', 'prflx']).toContain(route?.local)
        expect(['host', 'prflx']).toContain(route?.remote)
      }
      await Promise.all([a.close(), b.close()])
      for (const end of [a, b]) expect((await end.selectedRoute()) ?? undefined).toBeUndefined()
    },
  },
  {
    name: 'each side has the fingerprint of the other one, and another connection has others',
    sides: 2,
    async run(scene) {
      const [a, b] = await scene.pair()
      await a.createDataChannel('chat')
      expect(await a.fingerprints()).toEqual({ local: [], remote: [] })
      await connect(a, b)
      const [mine, theirs] = await Promise.all([a.fingerprints(), b.fingerprints()])
      expect(mine).toEqual({ local: theirs.remote, remote: theirs.local })
      for (const list of [mine.local, mine.remote]) {
        expect(list).toHaveLength(1)
        expect(list[0]).toMatch(/^sha-256 [0-9A-F]{2}(:[0-9A-F]{2}){31}$/)
      }
      const [c, d] = await scene.pair()
      await c.createDataChannel('chat')
      await connect(c, d)
      const { local, remote } = await c.fingerprints()
      expect(new Set([...local, ...remote, ...mine.local, ...mine.remote]).size).toBe(4)
    },
  },
  {
    name: 'restartIce says whether the platform can, and a connection outlives it',
    sides: 2,
    async run(scene) {
      const { a, channelA, channelB } = await scene.joined()
      expect(await a.restartIce()).toBe(scene.sideA.facts.restartsIce)
      await channelA.put('still here')
      await channelB.pollPacket()
      await a.close()
      expect(await a.restartIce()).toBe(false)
    },
  },
  {
    name: 'poll does nothing, at any time',
    sides: 2,
    async run(scene) {
      const { a, channelA, channelB } = await scene.joined()
      await a.poll()
      await channelA.poll()
      await channelA.put('hello')
      await channelB.available(1)
      await channelB.poll()
      expect((await channelB.look()).availablePacketCount).toBe(1)
      await a.close()
      await a.poll()
      await channelA.poll()
      expect(await refusal(a.createOffer())).toBe('ERR_UNCONFIGURED')
    },
  },
]
