// One of three receives, or sends, as it should not: the sender's memory stays bounded, it is closed with a reason, and what
// goes to the others comes within a tick of what it took before.

import { expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { type DisconnectReason, TransferMode } from '../../src/multiplayer/types.ts'
import { MAX_QUEUED, MAX_RELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { Flag } from '../../src/net/link/wire.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { quantile } from '../support/quantile.ts'
import { type Tampering, tamperedDriver } from '../support/tampered-driver.ts'
import { piece, unreliable, unreliablePiece } from '../support/wire.ts'

const TICK_MS = 1000 / 60
const TICKS = 120
/** 10 Mbit/s, in bytes a second. */
const RATE = 1_250_000
const UNRELIABLE = 2

interface Fault {
  readonly name: string
  /** It begins. */
  begin?(tampering: Tampering): void
  /** Each tick. */
  tick?(tampering: Tampering, n: number): void
  /** How it ends, at the latest when the sender goes on for as long as it may. */
  readonly end: DisconnectReason
}

/** Where a message has its progress, if it has any. */
function progressAt(channel: number, message: Uint8Array): number | undefined {
  if (channel !== UNRELIABLE || (message[0]! & Flag.Progress) === 0) return undefined
  return 3 + (message[0]! & Flag.Acknowledges ? 9 : 0)
}

const FAULTS: readonly Fault[] = [
  {
    name: 'stops reading',
    begin(tampering) {
      tampering.hears = () => false
    },
    end: 'buffer_overflow',
  },
  {
    name: 'reads on, and never says what it has of the reliable packets',
    begin(tampering) {
      tampering.says = (channel, message) => {
        const at = progressAt(channel, message)
        if (at === undefined) return message
        const changed = Uint8Array.of(...message.subarray(0, at), ...message.subarray(at + 6))
        changed[0]! &= ~Flag.Progress
        return changed
      }
    },
    end: 'buffer_overflow',
  },
  {
    name: 'says that it has more than was sent',
    begin(tampering) {
      tampering.says = (channel, message) => {
        const at = progressAt(channel, message)
        if (at === undefined) return message
        const changed = message.slice()
        changed[at + 1]! += 0x20
        return changed
      }
    },
    end: 'protocol_error',
  },
  {
    name: 'acknowledges what was never sent',
    begin: deaf,
    tick: (tampering, n) =>
      tampering.say(UNRELIABLE, unreliable(20_000 + n, undefined, { acknowledges: { newest: 40_000 } })),
    end: 'protocol_error',
  },
  {
    name: 'floods with packets that it never finishes',
    begin: deaf,
    tick(tampering, n) {
      for (let i = 0; i < 20; i++) {
        const place = { packet: 20 * n + i, index: i % 8, count: 16 }
        tampering.say(UNRELIABLE, unreliablePiece((20_000 + 20 * n + i) & 0xffff, place, 'x'.repeat(1_000)))
      }
      tampering.say(1, piece('x', { total: MAX_RELIABLE_PACKET, lane: n & 0xff }))
    },
    end: 'protocol_error',
  },
  {
    name: 'sends pieces that overlap, with counts that change',
    begin: deaf,
    tick(tampering, n) {
      const place = { packet: 1, index: n % 3, count: 4 + (n % 2) }
      tampering.say(UNRELIABLE, unreliablePiece(20_000 + n, place, 'x'))
    },
    end: 'protocol_error',
  },
]

/** What is said in its name must not end the link on its own side. */
function deaf(tampering: Tampering): void {
  tampering.hears = (channel) => channel !== UNRELIABLE
}

it.each(FAULTS)('$name: it alone suffers', async ({ begin, tick, end }) => {
  const network = new SimulatedNetwork({ seed: 5, latencyMs: 20, rateBytesPerSecond: RATE, queueBytes: 100_000 })
  const join = (name: string, room?: string) => {
    const options = network.peerOptions(name)
    const { driver, tampering } = tamperedDriver(options.driver)
    return network.until(joinRoom({ ...options, driver, ...(room && { room }) })).then((each) => ({ each, tampering }))
  }
  const { each: sender } = await join('sender')
  const { each: honest } = await join('honest', sender.code)
  const { each: faulty, tampering } = await join('faulty', sender.code)
  const rooms: Room[] = [sender, honest, faulty]
  await network.until(() => rooms.every((room) => room.peers.length === 2))

  const delays: number[] = []
  honest.on('packet', (value) => {
    if (typeof value === 'number') delays.push(network.clock.now() - value)
  })
  const ends: DisconnectReason[] = []
  sender.on('peerDisconnected', (id, reason) => {
    if (id === faulty.id) ends.push(reason)
  })
  let kept = 0
  const look = () => {
    if (sender.peers.includes(faulty.id)) kept = Math.max(kept, sender.stats(faulty.id).bufferedBytes)
  }
  const play = async (each: (n: number) => void) => {
    delays.length = 0
    for (let n = 0; n < TICKS; n++) {
      each(n)
      sender.send(network.clock.now(), { mode: TransferMode.Unreliable })
      sender.send(network.clock.now(), { mode: TransferMode.Reliable })
      if (n % 30 === 0) sender.sendBytes(new Uint8Array(64_000))
      await network.run(TICK_MS)
      look()
    }
    expect(delays.length).toBeGreaterThan(2 * TICKS - 10)
    return quantile(delays, 0.99)
  }

  const before = await play(() => {})
  begin?.(tampering)
  const during = await play((n) => tick?.(tampering, n))
  expect(during - before).toBeLessThan(TICK_MS)
  // A sender that does not heed what `send` answers.
  for (let i = 0; i < 3 && ends.length === 0; i++) {
    sender.sendBytes(new Uint8Array(MAX_RELIABLE_PACKET), { to: faulty.id })
    await network.run(TICK_MS)
    look()
  }
  // It may come back, and do it again.
  expect(ends[0]).toBe(end)
  expect(kept).toBeLessThanOrEqual(MAX_QUEUED)
  expect((await play(() => {})) - before).toBeLessThan(TICK_MS)
  expect(sender.stats(honest.id).rejected).toBe(0)
  await network.until(Promise.all(rooms.map((room) => room.leave())))
})
