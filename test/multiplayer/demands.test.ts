// What a peer can make another one do through signaling while no connection to it stands, in virtual time: connections that
// never come to be, and a member that the test plays.

import { afterEach, describe, expect, it } from 'vitest'
import {
  CONNECT_TIMEOUT_MS,
  DEMAND_REFILL_MS,
  MAX_DEMANDS_AT_ONCE,
  MAX_REDIALS,
} from '../../src/multiplayer/constants.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import {
  ConnectionState,
  type DriverChannel,
  type DriverConnectionEvents,
  type WebRTCDriver,
} from '../../src/net/drivers/driver.ts'
import { seededRandom } from '../../src/net/random.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import type { SignalingSession } from '../../src/net/signaling/transport.ts'
import { closeAll, join, Witness } from '../support/peers.ts'
import { turn } from '../support/turn.ts'

afterEach(closeAll)

interface Scene {
  readonly clock: VirtualClock
  readonly room: Room
  readonly witness: Witness
  /** The other member, that says what the test wants. */
  readonly other: SignalingSession
  /** What it hears. */
  readonly heard: Signal[]
  /** How many connections the room has begun, by side. */
  readonly begun: { offers: number; answers: number }
  say(signal: Signal): Promise<void>
  /** The room's newest connection fails. */
  fail(): void
}

/** @param offers Whether the room is the one that offers. */
async function scene(offers: boolean): Promise<Scene> {
  const clock = new VirtualClock()
  const signaling = new MemorySignaling()
  const random = seededRandom(7)
  let newest: DriverConnectionEvents | undefined
  const begun = { offers: 0, answers: 0 }
  const driver: WebRTCDriver = {
    name: 'nowhere',
    createConnection: (_configuration, events) => {
      newest = events
      return {
        createDataChannel: () => ({ close: () => {} }) as unknown as DriverChannel,
        createOffer: () => {
          begun.offers += 1
          events.description('offer', 'v=0')
        },
        setLocalDescription: () => {},
        setRemoteDescription: (type) => {
          if (type === 'answer') return
          begun.answers += 1
          events.description('answer', 'v=0')
        },
        addIceCandidate: () => {},
        restartIce: () => false,
        selectedRoute: async () => undefined,
        close: () => {},
      }
    },
  }
  const heard: Signal[] = []
  const enter = (room?: string) =>
    signaling.open(room === undefined ? { action: 'create', topology: 'mesh' } : { action: 'join', room }, {
      clock,
      random,
    })
  const first = offers ? await enter() : undefined
  const room = await join({ signaling, clock, random, driver, ...(first && { room: first.room.code }) })
  const other = first ?? (await enter(room.code))
  const witness = new Witness(room)
  other.listen((event) => {
    if (event.type === 'signal') heard.push(event.signal)
  })
  await turn()
  return {
    ...{ clock, room, witness, other, heard, begun },
    say: async (signal) => {
      other.send(room.id, signal)
      await turn()
    },
    fail: () => newest?.connectionState(ConnectionState.Failed),
  }
}

/** The attempt of the last offer. */
function attemptOf({ heard }: Scene): number {
  return heard.findLast(({ kind }) => kind === 'description')?.attempt ?? -1
}

const OFFER = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

describe('a peer that was given up', () => {
  it('is dialled once more when it says that it waits still, with the attempt that it waits for', async () => {
    const it = await scene(true)
    it.clock.advance(CONNECT_TIMEOUT_MS)
    expect(it.witness.failed).toMatchObject([[it.other.id, { code: 'ERR_TIMEOUT' }]])
    await it.say({ kind: 'failed', attempt: 1 })
    expect(it.begun.offers).toBe(2)
    expect(attemptOf(it)).toBe(2)
  })

  it('and says so without end is dialled as often as it may demand, and then in its own time', async () => {
    const it = await scene(true)
    it.clock.advance(CONNECT_TIMEOUT_MS)
    for (let n = 0; n < 200; n++) await it.say({ kind: 'failed', attempt: attemptOf(it) })
    // Of four demands one has a dial given up that failed for the last time.
    expect(it.begun.offers).toBe(1 + (MAX_DEMANDS_AT_ONCE * 3) / 4)
    it.clock.advance(8 * DEMAND_REFILL_MS)
    for (let n = 0; n < 200; n++) await it.say({ kind: 'failed', attempt: attemptOf(it) })
    expect(it.begun.offers).toBe(1 + ((MAX_DEMANDS_AT_ONCE + 8) * 3) / 4)
  })

  it('and offers without end, later each time, is answered as often as it may demand', async () => {
    const it = await scene(false)
    it.clock.advance(CONNECT_TIMEOUT_MS)
    expect(it.witness.failed).toMatchObject([[it.other.id, { code: 'ERR_TIMEOUT' }]])
    for (let n = 1; n <= 200; n++) {
      await it.say({ ...OFFER, attempt: n })
      it.fail()
    }
    expect(it.begun.answers).toBe(MAX_DEMANDS_AT_ONCE)
    it.clock.advance(DEMAND_REFILL_MS)
    await it.say({ ...OFFER, attempt: MAX_DEMANDS_AT_ONCE + 1 })
    expect(it.begun.answers).toBe(MAX_DEMANDS_AT_ONCE + 1)
    expect(it.heard.at(-1)).toMatchObject({ type: 'answer', attempt: MAX_DEMANDS_AT_ONCE + 1 })
  })

  it('is never signalled an attempt that does not fit into a byte', async () => {
    const it = await scene(true)
    it.clock.advance(CONNECT_TIMEOUT_MS)
    await it.say({ kind: 'failed', attempt: 253 })
    const attempts = [attemptOf(it)]
    for (let n = 0; n < MAX_REDIALS; n++) {
      await it.say({ kind: 'failed', attempt: attemptOf(it) })
      attempts.push(attemptOf(it))
    }
    expect(attempts).toEqual([254, 255, 0])
    expect(it.witness.errors).toEqual([])
  })
})

describe('an offer', () => {
  it('that comes again and again in the place of the last is answered as often as a correct peer dials', async () => {
    const it = await scene(false)
    for (let n = 0; n < 200; n++) await it.say({ ...OFFER, attempt: n % 256 })
    expect(it.begun.answers).toBe(1 + MAX_REDIALS)
  })
})
