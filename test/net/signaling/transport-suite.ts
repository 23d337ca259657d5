// What every SignalingTransport must do. Each transport's test file runs it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { BROADCAST_ANSWER_MS } from '../../../src/net/signaling/constants.ts'
import type { SignalingEvent, SignalingRequest, SignalingTransport } from '../../../src/net/signaling/index.ts'
import { context, enter, Member, offer, rejection, thrown } from './support.ts'

export interface Fixture {
  /** Peers of one test use one each; they may be one object. */
  readonly transport: () => SignalingTransport
  readonly close: () => Promise<void>
}

export function runTransportSuite(name: string, open: () => Promise<Fixture>): void {
  describe(name, () => {
    let fixture: Fixture
    let members: Member[]
    let random = seededRandom(1)

    beforeEach(async () => {
      fixture = await open()
      members = []
      random = seededRandom(1)
    })

    afterEach(async () => {
      for (const member of members) member.session.close()
      await fixture.close()
    })

    const request = async (what: SignalingRequest): Promise<Member> => {
      const member = await enter(fixture.transport(), what, context(random))
      members.push(member)
      return member
    }
    const create = (topology: 'mesh' | 'star' = 'mesh', maxPeers = 8) =>
      request({ action: 'create', topology, maxPeers })
    const join = (room: string) => request({ action: 'join', room })
    const refusal = (room: string) => rejection(fixture.transport().open({ action: 'join', room }, context(random)))
    /** As above, in a time that passes at once: some transports find only by waiting that nobody answers. */
    const absence = async (room: string): Promise<string> => {
      const clock = new VirtualClock()
      const attempt = rejection(fixture.transport().open({ action: 'join', room }, { clock, random }))
      clock.advance(BROADCAST_ANSWER_MS)
      return attempt
    }
    /** Waits until everything that was sent before has arrived: messages of one sender stay in order. */
    const flush = async (from: Member, to: Member, mark: string) => {
      from.session.send(to.id, offer(mark))
      await to.heard('signal', ({ signal }) => signal.kind === 'description' && signal.sdp === mark)
    }

    it('creates a room with its creator as the host', async () => {
      const host = await create('mesh', 5)
      const { id } = host
      expect(id).toBeGreaterThan(1)
      expect(host.session.room).toMatchObject({
        code: host.code,
        topology: 'mesh',
        maxPeers: 5,
        sealed: false,
        host: id,
      })
      expect(host.session.iceServers).toEqual([])
      expect(host.events).toEqual([])
    })

    it('lets a newcomer in by the code, in any spelling, and has it offer', async () => {
      const host = await create()
      const guest = await join(` ${host.code.toLowerCase().replaceAll('-', ' ')} `)
      await Promise.all([host.met(1), guest.met(1)])
      expect(guest.session.room).toEqual(host.session.room)
      expect(guest.peers()).toMatchObject([{ type: 'peerJoined', id: host.id, offer: true }])
      expect(host.peers()).toMatchObject([{ type: 'peerJoined', id: guest.id, offer: false }])
    })

    it('says that a room does not exist', async () => {
      expect(await absence('000-000-000')).toBe('ERR_ROOM_NOT_FOUND')
      expect(await absence('')).toBe('ERR_ROOM_NOT_FOUND')
      expect(await absence('A'.repeat(100))).toBe('ERR_ROOM_NOT_FOUND')
    })

    it('refuses what cannot be asked for', async () => {
      const attempt = (maxPeers: number) =>
        rejection(fixture.transport().open({ action: 'create', topology: 'mesh', maxPeers }, context()))
      expect(await attempt(0)).toBe('ERR_INVALID_PARAMETER')
      expect(await attempt(1.5)).toBe('ERR_INVALID_PARAMETER')
      expect(await attempt(100_000)).toBe('ERR_INVALID_PARAMETER')
    })

    it('says that a room is full, and has a place again when someone leaves', async () => {
      const host = await create('mesh', 2)
      const guest = await join(host.code)
      await host.met(1)
      expect(await refusal(host.code)).toBe('ERR_ROOM_FULL')
      guest.session.close()
      await host.heard('peerLeft')
      await join(host.code)
      await host.met(2)
    })

    it('says that a room is sealed, and lets newcomers in when it is open again', async () => {
      const host = await create()
      const guest = await join(host.code)
      host.session.seal(true)
      await Promise.all([host.heard('room'), guest.heard('room')])
      expect(guest.session.room.sealed).toBe(true)
      expect(await refusal(host.code)).toBe('ERR_ROOM_SEALED')
      host.session.seal(false)
      await guest.heard('room', ({ room }) => !room.sealed)
      await join(host.code)
      await host.met(2)
    })

    it('lets only the host seal', async () => {
      const host = await create()
      const guest = await join(host.code)
      guest.session.seal(true)
      expect((await guest.heard('error')).error.code).toBe('ERR_UNAUTHORIZED')
      await join(host.code)
      expect(host.session.room.sealed).toBe(false)
    })

    it('announces a newcomer before its offer arrives', async () => {
      const host = await create()
      const first = await join(host.code)
      const session = await fixture.transport().open({ action: 'join', room: host.code }, context(random))
      session.send(host.id, offer('to the host'))
      session.send(first.id, offer('to the first'))
      members.push(new Member(session))
      for (const present of [host, first]) {
        await present.heard('signal', ({ from }) => from === session.id)
        const order = present.events.filter(
          (event) =>
            (event.type === 'peerJoined' && event.id === session.id) ||
            (event.type === 'signal' && event.from === session.id),
        )
        expect(order.map((event) => event.type)).toEqual(['peerJoined', 'signal'])
      }
    })

    it('has exactly one side of each pair offer when five join at once', async () => {
      const host = await create()
      const all = [host, ...(await Promise.all(Array.from({ length: 5 }, () => join(host.code))))]
      await Promise.all(all.map((member) => member.met(5)))
      expect(new Set(all.map((member) => member.id)).size).toBe(6)
      for (const one of all) {
        for (const other of all) {
          if (one === other) continue
          const announced = one.peers().filter((event) => event.id === other.id)
          const reverse = other.peers().filter((event) => event.id === one.id)
          expect(announced).toHaveLength(1)
          expect(announced[0]?.offer).toBe(!reverse[0]?.offer)
        }
      }
    })

    it('delivers signals to their addressee only, in order and with the right sender', async () => {
      const host = await create()
      const one = await join(host.code)
      const two = await join(host.code)
      await Promise.all([host.met(2), one.met(2), two.met(2)])
      const candidate = {
        kind: 'candidate',
        media: '0',
        index: 0,
        name: 'candidate:1 1 UDP 1 10.0.0.1 9 typ host',
      } as const
      one.session.send(two.id, offer('first'))
      one.session.send(two.id, candidate)
      await flush(one, two, 'last')
      await flush(one, host, 'only')
      expect(two.signals().map(({ from }) => from)).toEqual([one.id, one.id, one.id])
      expect(two.signals().map(({ signal }) => signal)).toEqual([offer('first'), candidate, offer('last')])
      expect(host.signals()).toEqual([{ type: 'signal', from: one.id, signal: offer('only') }])
      expect(one.signals()).toEqual([])
    })

    it('tells the others once who left, and the one that left nothing', async () => {
      const host = await create()
      const leaver = await join(host.code)
      const stayer = await join(host.code)
      await Promise.all([host.met(2), leaver.met(2)])
      const heard = leaver.events.length
      leaver.session.close()
      leaver.session.close()
      await Promise.all([host.heard('peerLeft'), stayer.heard('peerLeft')])
      await flush(host, stayer, 'after')
      await flush(stayer, host, 'after')
      for (const member of [host, stayer]) {
        expect(member.events.filter((event) => event.type === 'peerLeft')).toEqual([
          { type: 'peerLeft', id: leaver.id },
        ])
      }
      expect(leaver.events).toHaveLength(heard)
    })

    it('drops a signal to one that left, and all that a closed session is asked to do', async () => {
      const host = await create()
      const leaver = await join(host.code)
      const stayer = await join(host.code)
      await stayer.met(2)
      leaver.session.close()
      leaver.session.send(host.id, offer('too late'))
      leaver.session.seal(true)
      host.session.send(leaver.id, offer('too late'))
      await stayer.heard('peerLeft')
      stayer.session.send(leaver.id, offer('too late'))
      stayer.session.send(12_345, offer('to nobody'))
      stayer.session.send(stayer.id, offer('to myself'))
      await flush(host, stayer, 'after')
      await flush(stayer, host, 'after')
      expect(host.signals()).toHaveLength(1)
      expect([...host.events, ...stayer.events].filter((event) => event.type === 'error')).toEqual([])
    })

    it('connects the clients of a star with the host only', async () => {
      const host = await create('star')
      const one = await join(host.code)
      const two = await join(host.code)
      await host.met(2)
      one.session.send(two.id, offer('behind the back of the host'))
      await flush(one, host, 'done')
      await flush(host, two, 'done')
      expect(host.id).toBe(1)
      expect(host.peers().map(({ id, offer }) => [id, offer])).toEqual([
        [one.id, false],
        [two.id, false],
      ])
      expect(one.peers()).toMatchObject([{ type: 'peerJoined', id: 1, offer: true }])
      expect(two.peers()).toMatchObject([{ type: 'peerJoined', id: 1, offer: true }])
      expect(two.signals().map(({ from }) => from)).toEqual([1])
    })

    it('tells everyone in a star who is there, what they say of themselves, and who is gone', async () => {
      const named = (name: string) => ({ name, properties: {}, visible: true })
      const host = await request({ action: 'create', topology: 'star', presence: { name: 'Ada' } })
      const enterAs = (name: string) => request({ action: 'join', room: host.code, presence: { name } })
      const [bob, cy, dan] = [await enterAs('Bob'), await enterAs('Cy'), await enterAs('Dan')]
      await bob.heard('playerJoined', ({ id }) => id === dan.id)
      expect(bob.players()).toEqual(
        new Map([
          [1, named('Ada')],
          [cy.id, named('Cy')],
          [dan.id, named('Dan')],
        ]),
      )
      // The last to come knows those who were there before.
      await dan.heard('playerJoined', ({ id }) => id === cy.id)
      expect(new Set(dan.players().keys())).toEqual(new Set([1, bob.id, cy.id]))

      bob.session.request?.({ type: 'presence', presence: { visible: false, properties: { team: 2 } } })
      const hidden = { name: 'Bob', properties: { team: 2 }, visible: false }
      for (const other of [host, cy, dan]) {
        const told = await other.heard('presence', ({ id }) => id === bob.id)
        expect(told.presence).toEqual(hidden)
      }
      host.session.request?.({ type: 'presence', presence: { name: 'Eve' } })
      for (const client of [bob, cy, dan]) await client.heard('presence', ({ id }) => id === 1)

      cy.session.close()
      for (const client of [bob, dan]) await client.heard('playerLeft', ({ id }) => id === cy.id)
      host.session.request?.({ type: 'kick', id: bob.id, ban: false })
      await dan.heard('playerLeft', ({ id }) => id === bob.id)
      expect(dan.players()).toEqual(new Map([[1, named('Eve')]]))
      // And nobody but the host was ever to be connected with.
      for (const client of [bob, cy, dan]) {
        expect(client.peers().map(({ id, offer }) => [id, offer])).toEqual([[1, true]])
        expect(client.events.filter(({ type }) => type === 'peerLeft')).toEqual([])
      }
    })

    it('tells all of a star the same when many come at once, each of the others once', async () => {
      const host = await create('star')
      const clients = await Promise.all(Array.from({ length: 6 }, () => join(host.code)))
      const ids = new Set([host, ...clients].map(({ id }) => id))
      for (const client of clients) {
        await client.heard('playerJoined', () => client.players().size === 6)
        const told = client.events.flatMap((event) => (event.type === 'playerJoined' ? [event.id] : []))
        expect(told).toHaveLength(5)
        expect(new Set([client.id, 1, ...told])).toEqual(ids)
      }
      expect(host.events.filter(({ type }) => type === 'playerJoined')).toEqual([])
    })

    it('tells of nobody in a mesh but of those to connect with', async () => {
      const host = await create()
      const [one, two] = [await join(host.code), await join(host.code)]
      await Promise.all([host.met(2), one.met(2), two.met(2)])
      one.session.request?.({ type: 'presence', presence: { name: 'Ada' } })
      for (const other of [host, two]) await other.heard('presence', ({ id }) => id === one.id)
      one.session.close()
      for (const other of [host, two]) await other.heard('peerLeft')
      const types = [host, one, two].flatMap(({ events }) => events.map(({ type }) => type))
      expect(types).not.toContain('playerJoined')
      expect(types).not.toContain('playerLeft')
    })

    it('closes a star when its host leaves', async () => {
      const host = await create('star')
      const guests = [await join(host.code), await join(host.code)]
      await host.met(2)
      host.session.close()
      for (const guest of guests) {
        expect((await guest.heard('closed')).error.code).toBe('ERR_ROOM_CLOSED')
        expect(guest.events.at(-1)?.type).toBe('closed')
      }
      expect(await absence(host.code)).toBe('ERR_ROOM_NOT_FOUND')
    })

    it('passes a mesh to the longest-present peer when the host leaves, with its rights', async () => {
      const host = await create()
      const heir = await join(host.code)
      const other = await join(host.code)
      await heir.met(2)
      host.session.close()
      for (const member of [heir, other]) {
        await member.heard('room', ({ room }) => room.host === heir.id)
        expect(member.session.room.host).toBe(heir.id)
      }
      const newcomer = await join(heir.code)
      await newcomer.met(2)
      heir.session.seal(true)
      await other.heard('room', ({ room }) => room.sealed)
      expect(await refusal(heir.code)).toBe('ERR_ROOM_SEALED')
    })

    it('forgets a room that everybody left', async () => {
      const host = await create()
      const guest = await join(host.code)
      await host.met(1)
      host.session.close()
      await guest.heard('peerLeft')
      guest.session.close()
      expect(await absence(host.code)).toBe('ERR_ROOM_NOT_FOUND')
    })

    it('rejects when the caller aborts, before and while it waits, and leaves nobody behind', async () => {
      const host = await create()
      const attempt = (signal: AbortSignal) =>
        fixture.transport().open({ action: 'join', room: host.code }, { ...context(random), signal })
      expect(await rejection(attempt(AbortSignal.abort()))).toBe('ERR_ABORTED')
      const controller = new AbortController()
      const pending = rejection(attempt(controller.signal))
      controller.abort()
      expect(await pending).toBe('ERR_ABORTED')
      const guest = await join(host.code)
      await flush(guest, host, 'here')
      const gone = new Set(host.events.flatMap((event) => (event.type === 'peerLeft' ? [event.id] : [])))
      const present = host.peers().filter(({ id }) => !gone.has(id))
      expect(present.map(({ id }) => id)).toEqual([guest.id])
    })

    it('is not affected by an abort once it is open', async () => {
      const host = await create()
      const controller = new AbortController()
      const what: SignalingRequest = { action: 'join', room: host.code }
      const guest = await enter(fixture.transport(), what, { ...context(random), signal: controller.signal })
      members.push(guest)
      controller.abort()
      await flush(guest, host, 'still here')
    })

    it('keeps events until somebody listens, in order, and has one listener', async () => {
      const host = await create()
      const session = await fixture.transport().open({ action: 'join', room: host.code }, context(random))
      await host.met(1)
      const late = await join(host.code)
      await host.met(2)
      host.session.send(session.id, offer('early'))
      await flush(host, late, 'after it')
      // Sent and answered after all of the above: on a socket of its own, so one more round is needed.
      const heard: SignalingEvent[] = []
      const done = new Promise<void>((resolve) => {
        session.listen((event) => {
          heard.push(event)
          if (event.type === 'signal') resolve()
        })
      })
      await done
      expect(heard).toMatchObject([
        { type: 'peerJoined', id: host.id, offer: true },
        { type: 'peerJoined', id: late.id, offer: false },
        { type: 'signal', from: host.id, signal: offer('early') },
      ])
      expect(thrown(() => session.listen(() => {}))).toBe('ERR_ALREADY_IN_USE')
      session.close()
    })
  })
}
