import { afterEach, describe, expect, it } from 'vitest'
import { CONNECT_TIMEOUT_MS, MAX_REDIALS } from '../../src/multiplayer/constants.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import {
  type ConnectionConfiguration,
  ConnectionState,
  type DriverConnection,
  type DriverConnectionEvents,
  type WebRTCDriver,
} from '../../src/net/drivers/driver.ts'
import { nodeDriver } from '../../src/net/drivers/node.ts'
import { NetError } from '../../src/net/errors.ts'
import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import { systemRandom } from '../../src/net/random.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import type { SignalingEvent, SignalingSession } from '../../src/net/signaling/transport.ts'
import { rejection } from '../support/net-errors.ts'
import { closeAll, join, Witness } from '../support/peers.ts'
import { turn } from '../support/turn.ts'

afterEach(async () => {
  WebRTCPeerConnection.setDefaultExtension(nodeDriver)
  await closeAll()
})

/** The machine's driver, but connections that began to connect fail as the test says. */
class FailingDriver implements WebRTCDriver {
  readonly name = 'failing'
  offers = 0
  answers = 0
  /** Told the side of a connection and how many of that side came before. */
  readonly #fails: (side: 'offer' | 'answer', before: number) => boolean

  constructor(fails: (side: 'offer' | 'answer', before: number) => boolean) {
    this.#fails = fails
  }

  createConnection(configuration: ConnectionConfiguration, events: DriverConnectionEvents): DriverConnection {
    // The offerer's candidates wait for the answer, see `crossWire`: the connections that shall not fail must not.
    let waiting: (() => void)[] | undefined
    const connection = nodeDriver.createConnection(configuration, {
      ...events,
      description: (type, sdp) => {
        const before = type === 'offer' ? this.offers++ : this.answers++
        if (type === 'offer') waiting = []
        events.description(type, sdp)
        if (this.#fails(type, before)) events.connectionState(ConnectionState.Failed)
      },
      candidate: (...candidate) => {
        if (waiting) waiting.push(() => events.candidate(...candidate))
        else events.candidate(...candidate)
      },
    })
    const setRemoteDescription = connection.setRemoteDescription.bind(connection)
    connection.setRemoteDescription = (type, sdp) => {
      setRemoteDescription(type, sdp)
      const ready = waiting ?? []
      waiting = undefined
      void Promise.resolve().then(() => {
        for (const deliver of ready) deliver()
      })
    }
    return connection
  }
}

async function meet() {
  const signaling = new MemorySignaling()
  const first = await join({ signaling })
  const second = await join({ signaling, room: first.code })
  return { first, second, hearsFirst: new Witness(first), hearsSecond: new Witness(second) }
}

describe('a connection that fails before it stands is dialled again', () => {
  const failures: Record<string, (side: 'offer' | 'answer', before: number) => boolean> = {
    'on the side that offers': (side, before) => side === 'offer' && before === 0,
    'on the side that answers': (side, before) => side === 'answer' && before === 0,
    'on both sides': (_side, before) => before === 0,
    'as often as it may': (side, before) => side === 'offer' && before < MAX_REDIALS,
  }
  for (const [where, fails] of Object.entries(failures)) {
    it(`when it failed ${where}`, async () => {
      const driver = new FailingDriver(fails)
      WebRTCPeerConnection.setDefaultExtension(driver)
      const { first, second, hearsFirst, hearsSecond } = await meet()
      await Promise.all([hearsFirst.met(1), hearsSecond.met(1)])
      first.send('over the new connection')
      await hearsSecond.heard(1)
      expect([first.peers, second.peers]).toEqual([[second.id], [first.id]])
      expect([hearsFirst.failed, hearsSecond.failed, hearsFirst.errors, hearsSecond.errors]).toEqual([[], [], [], []])
      expect(driver.offers).toBeGreaterThan(1)
    })
  }

  it('and given up on both sides at once when only the side that answers saw it fail, each time', async () => {
    const driver = new FailingDriver((side) => side === 'answer')
    WebRTCPeerConnection.setDefaultExtension(driver)
    const { first, second, hearsFirst, hearsSecond } = await meet()
    await Promise.all([hearsFirst, hearsSecond].map((witness) => witness.until(() => witness.failed.length > 0)))
    expect(hearsFirst.failed).toMatchObject([[second.id, { code: 'ERR_CONNECTION_ERROR' }]])
    expect(hearsSecond.failed).toMatchObject([[first.id, { code: 'ERR_CONNECTION_ERROR' }]])
    expect(hearsSecond.failed[0]![1].message).toContain('it saw the connection fail')
    expect(hearsSecond.failed[0]![1].diagnosis).toBeDefined()
    expect([driver.offers, driver.answers]).toEqual([1 + MAX_REDIALS, 1 + MAX_REDIALS])
  })

  it('and given up by connectionFailed after the last time', async () => {
    const driver = new FailingDriver((side) => side === 'offer')
    WebRTCPeerConnection.setDefaultExtension(driver)
    const { first, hearsSecond } = await meet()
    await hearsSecond.until(() => hearsSecond.failed.length > 0)
    expect(hearsSecond.failed[0]).toMatchObject([first.id, { code: 'ERR_CONNECTION_ERROR' }])
    expect(driver.offers).toBe(1 + MAX_REDIALS)
    expect(hearsSecond.connected).toEqual([])
  })

  it('and joinRoom says so to a client of a star that never reaches its host', async () => {
    WebRTCPeerConnection.setDefaultExtension(new FailingDriver((side) => side === 'offer'))
    const signaling = new MemorySignaling()
    const host = await join({ signaling, topology: 'star' })
    const refused = await rejection(join({ signaling, room: host.code }))
    expect(refused.code).toBe('ERR_CONNECTION_ERROR')
    expect(refused.message).toContain('Peer 1 could not be connected to')
  })
})

describe('a dial that gets nowhere', () => {
  /** A room in virtual time, and in it a member that the test plays through signaling alone. */
  async function roomWithMute(): Promise<{
    clock: VirtualClock
    witness: Witness
    mute: SignalingSession
    events: SignalingEvent[]
  }> {
    const clock = new VirtualClock()
    const signaling = new MemorySignaling()
    const room = await join({ signaling, clock })
    const mute = await signaling.open({ action: 'join', room: room.code }, { clock, random: systemRandom })
    const events: SignalingEvent[] = []
    mute.listen((event) => events.push(event))
    await turn()
    return { clock, witness: new Witness(room), mute, events }
  }

  it('ends when no offer comes in time', async () => {
    const { clock, witness, mute } = await roomWithMute()
    clock.advance(CONNECT_TIMEOUT_MS - 1)
    expect(witness.failed).toEqual([])
    clock.advance(1)
    expect(witness.failed).toMatchObject([[mute.id, { code: 'ERR_TIMEOUT' }]])
    expect(witness.failed[0]![1].message).toContain('it sent no offer')
    // In half a minute it tries again.
    expect(clock.pendingTimers).toBe(1)
  })

  it('ends quietly when the other leaves signaling before it was reached', async () => {
    const { clock, witness, mute } = await roomWithMute()
    mute.close()
    await turn()
    clock.advance(CONNECT_TIMEOUT_MS)
    expect(witness.log).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends when the offer is never answered', async () => {
    const clock = new VirtualClock()
    const signaling = new MemorySignaling()
    const mute = await signaling.open({ action: 'create', topology: 'mesh' }, { clock, random: systemRandom })
    const offers: string[] = []
    let arrived = () => {}
    const offered = new Promise<void>((resolve) => {
      arrived = resolve
    })
    mute.listen((event) => {
      if (event.type !== 'signal' || event.signal.kind !== 'description') return
      offers.push(event.signal.type)
      arrived()
    })
    const room = await join({ signaling, room: mute.room.code, clock })
    const witness = new Witness(room)
    await offered
    clock.advance(CONNECT_TIMEOUT_MS)
    expect(offers).toEqual(['offer'])
    expect(witness.failed[0]![1].message).toContain('it failed in signaling. The answer never came.')
    expect(witness.failed[0]![1].diagnosis?.phase).toBe('signaling')
  })

  it('is told of signals that cannot be used, and goes on', async () => {
    const { clock, witness, mute, events } = await roomWithMute()
    const joined = events.find((event) => event.type === 'peerJoined')
    const to = joined?.type === 'peerJoined' ? joined.id : 0
    mute.send(to, { kind: 'description', type: 'answer', sdp: 'v=0' })
    mute.send(to, { kind: 'description', type: 'offer', sdp: 'not SDP' })
    // More often than a correct peer dials: not even looked at.
    mute.send(to, { kind: 'description', type: 'offer', attempt: MAX_REDIALS + 1, sdp: '' })
    mute.send(to, { kind: 'description', type: 'offer', attempt: 1, sdp: '' })
    await witness.until(() => witness.errors.length >= 3)
    expect(witness.errors.map(({ code }) => code)).toEqual(['ERR_UNCONFIGURED', 'ERR_INVALID_DATA', 'ERR_INVALID_DATA'])
    expect(witness.errors.every((error) => error instanceof NetError)).toBe(true)
    clock.advance(CONNECT_TIMEOUT_MS)
    expect(witness.failed.length).toBe(1)
  })
})
