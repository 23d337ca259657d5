// The vectors of link.json against the library and against the second implementation.

import { describe, expect, it } from 'vitest'
import { BulkConnection } from '../../src/multiplayer/bulk-connection.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { Acknowledger } from '../../src/net/link/acknowledger.ts'
import { FrameReader, MessageWriter } from '../../src/net/link/frames.ts'
import { readGreeting as libraryReadsGreeting, readTakenIn, writeTakenIn } from '../../src/net/link/greeting.ts'
import { UnfinishedBudget } from '../../src/net/link/joiner.ts'
import { ReliablePort } from '../../src/net/link/reliable-port.ts'
import { proofOf } from '../../src/net/link/session.ts'
import { StreamSender } from '../../src/net/link/stream.ts'
import { UnreliablePort } from '../../src/net/link/unreliable-port.ts'
import { FIRST_PIECE, Flag, Kind, isNewer as libraryIsNewer, UNRELIABLE_HEADER } from '../../src/net/link/wire.ts'
import { type End, LinkPair, MemoryChannel } from '../support/link-pair.ts'
import { thrown } from '../support/net-errors.ts'
import { hello } from '../support/wire.ts'
import { Refused } from './decoder.ts'
import {
  acknowledged,
  type Frame,
  type Header,
  isNewer,
  proofFor,
  ReliableJoiner,
  readGreeting,
  readReliable,
  readReturn,
  readUnreliable,
  Stream,
  UnreliableChannels,
} from './link-decoder.ts'
import { writeReliable, writeUnreliable } from './link-encoder.ts'
import { type Fingerprints, framesOf, link, type MessageVector, type Way } from './link-vectors.ts'
import { bytesOf, hexOf, spelled } from './notation.ts'

const KINDS: Readonly<Record<string, Kind>> = {
  VALUE: Kind.Value,
  BYTES: Kind.Bytes,
  HELLO: Kind.Hello,
  GOODBYE: Kind.Goodbye,
  GOODBYE_ACK: Kind.GoodbyeAck,
  SIGNAL: Kind.Signal,
  TAKEN: Kind.Taken,
  PROOF: Kind.Proof,
  RESUME: Kind.Resume,
}

const STREAM_HEADER = 5
const nothing = () => {}
const EVERY_LANE = new Map([0, 1, 2, 3].map((lane) => [lane, { priority: lane === 0 ? 0 : 1 }]))

/** What the library reads, in the words of the vectors. */
function libraryReads(message: Uint8Array, { reliable, position }: MessageVector): Frame[] {
  const reader = new FrameReader(reliable)
  const start = position === undefined ? 0 : STREAM_HEADER
  reader.open(message, reliable ? start : newAcknowledger().read(message, 0))
  const frames: Frame[] = []
  while (reader.next()) {
    const { kind, lane, ordered, isPiece, payload } = reader
    const ownHeader = reliable ? ((payload[0]! & FIRST_PIECE) !== 0 ? 5 : 1) : 3
    frames.push({
      kind: Object.keys(KINDS).find((name) => KINDS[name] === kind)!,
      ...(reliable ? { lane } : { ordered }),
      payload: isPiece ? payload.subarray(ownHeader) : payload,
    })
  }
  return frames
}

/** One that has sent everything that may be acknowledged. */
function newAcknowledger(heard: (reliable: number, stream: number) => void = nothing): Acknowledger {
  const progress = (reliable: number, stream: number) => {
    heard(reliable, stream)
    return true
  }
  const acknowledger = new Acknowledger({ flight: () => 0, progress })
  acknowledger.sent.next = 0x2_0000
  return acknowledger
}

/** `undefined`: the library does not write such a thing by itself. */
function libraryWrites({ reliable, position, header }: MessageVector, frames: readonly Frame[]): string | undefined {
  const writer = new MessageWriter()
  if (reliable) {
    if (position !== undefined || frames.some(({ piece }) => piece)) return undefined
    writer.start(0)
    for (const { kind, lane = 1, payload } of frames) writer.laneFrame(KINDS[kind]!, lane, payload)
    return hexOf(writer.finish())
  }
  const { asks, sequence, acknowledgement, progress } = header!
  const acknowledger = newAcknowledger()
  const { received, sent } = acknowledger
  sent.next = sequence
  if (progress) {
    acknowledger.madeProgress()
    acknowledger.reliableIn = progress.reliable
    acknowledger.streamIn = progress.stream
  }
  if (acknowledgement) {
    received.newest = acknowledgement.newest
    received.history = acknowledgement.history | 0
    received.newestAt = acknowledgement.receivedAt / 8
    acknowledger.owes = true
  }
  const now = received.newestAt + (acknowledgement?.heldFor ?? 0) / 4
  acknowledger.start(writer, now, asks)
  for (const { kind, ordered = false, piece, payload } of frames) {
    if (!piece) writer.frame(KINDS[kind]!, ordered, payload)
    else writer.piece(KINDS[kind]!, ordered, piece.packet!, piece.index!, piece.count!, payload)
  }
  return hexOf(acknowledger.finish(writer, now, true))
}

/** The second end of a pair, which has heard nothing but the greeting. */
function greeted(modes: readonly number[] = []): { pair: LinkPair; end: End } {
  const pair = new LinkPair({ modes })
  pair.cut = true
  pair.b.openAll()
  pair.b.link.receive(0, hello(modes))
  return { pair, end: pair.b }
}

function arrive(end: End, way: Way, hex: string): void {
  if (way === 'bulk') end.link.receiveBulk(bytesOf(hex))
  else end.link.receive(way, bytesOf(hex))
}

function payloads(end: End): string[] {
  return end.texts.map((text) => Buffer.from(text, 'latin1').toString('hex'))
}

function secondReads(message: Uint8Array, reliable: boolean): { header?: Header; position?: number; frames: Frame[] } {
  const { frames, ...rest } = reliable ? readReliable(message) : readUnreliable(message)
  return { ...rest, frames: [...frames] }
}

/** What a frame leaves out stands for this. */
function full({ reliable }: MessageVector, frame: Frame): Frame {
  return reliable ? { lane: 1, ...frame } : { ordered: false, ...frame }
}

describe('link messages', () => {
  it.each(link.messages)('$name: $hex, read and written by both', (vector) => {
    const message = bytesOf(vector.hex)
    const frames = framesOf(vector).map((frame) => full(vector, frame))
    const { position, header } = vector
    expect(secondReads(message, vector.reliable)).toEqual({
      ...(position !== undefined && { position }),
      ...(header && { header }),
      frames,
    })
    expect(libraryReads(message, vector)).toEqual(frames.map(({ piece: _, ...rest }) => rest))
    const written = header ? writeUnreliable(header, frames) : writeReliable(frames, position)
    expect(hexOf(written)).toBe(hexOf(message))
    expect(libraryWrites(vector, frames) ?? hexOf(message)).toBe(hexOf(message))
  })

  it.each(link.messages.filter(({ header }) => header))('$name: the library reads its header', ({ hex, header }) => {
    const heard: number[] = []
    const acknowledger = newAcknowledger((reliable, stream) => heard.push(reliable, stream))
    expect(acknowledger.read(bytesOf(hex), 0)).toBeGreaterThanOrEqual(UNRELIABLE_HEADER)
    expect(acknowledger.number).toBe(header!.sequence)
    expect(acknowledger.asked).toBe(header!.asks)
    expect(heard).toEqual(header!.progress ? [header!.progress.reliable, header!.progress.stream] : [])
    const flags = (header!.acknowledgement ? Flag.Acknowledges : 0) | (header!.progress ? Flag.Progress : 0)
    expect(bytesOf(hex)[0]).toBe(flags | (header!.asks ? Flag.Asks : 0))
  })

  it.each(link.read)('$name: $hex, read by both although nobody writes it', (vector) => {
    const message = bytesOf(vector.hex)
    const frames = framesOf(vector).map((frame) => full(vector, frame))
    expect(secondReads(message, vector.reliable).frames).toEqual(frames)
    expect(libraryReads(message, vector)).toEqual(frames)
  })

  it.each(link.packets)('$name: cut by the library, joined by both', ({ stream = false, packets, hex }) => {
    const channel = new MemoryChannel(nothing)
    const given = packets.map(({ kind, lane = 1, payload }) => ({
      kind: KINDS[kind]!,
      lane,
      payload: bytesOf(payload),
    }))
    if (stream) {
      const sender = new StreamSender(EVERY_LANE, channel, (message) => channel.putPacket(message), nothing)
      for (const { lane, ...packet } of given) sender.lanes.add(lane, packet)
      sender.flush(Number.POSITIVE_INFINITY)
    } else {
      const budget = new UnfinishedBudget()
      const port = new ReliablePort(channel, EVERY_LANE, budget, nothing, nothing)
      for (const { lane, ...packet } of given) port.lanes.add(lane, packet)
      port.flush(Number.POSITIVE_INFINITY)
    }
    expect(channel.sent.map(hexOf)).toEqual(spelled(hex))

    const joiner = new ReliableJoiner()
    const joined = hex.flatMap((each) =>
      secondReads(bytesOf(each), true).frames.flatMap((frame) => {
        const packet = joiner.add(frame)
        return packet ? [hexOf(packet)] : []
      }),
    )
    expect(joined.sort()).toEqual(spelled(packets.map(({ payload }) => payload)).sort())
  })

  it.each(link.unreliablePackets)('$name: unreliable, cut and joined', ({ kind, ordered, payload, hex }) => {
    const content = bytesOf(payload)
    const channel = new MemoryChannel(nothing)
    const acknowledger = new Acknowledger({ flight: () => 0, progress: () => false })
    const port = new UnreliablePort(channel, acknowledger, nothing)
    port.send({ kind: KINDS[kind]!, payload: content }, ordered, 0)
    port.flush(0)
    expect(channel.sent.map(hexOf)).toEqual(spelled(hex))

    const { end } = greeted()
    const second = new UnreliableChannels()
    const joined = hex.flatMap((each) => {
      end.link.receive(1, bytesOf(each))
      return second.receive(1, bytesOf(each), 0)
    })
    expect(joined.map(hexOf)).toEqual([hexOf(content)])
    expect(payloads(end)).toEqual([hexOf(content)])
  })

  it.each(link.greetings)('the greeting of a side with the user channels $modes', ({ modes, mine, hex }) => {
    const { end } = greeted(modes)
    expect(end.told).toEqual([{ type: 'connected' }])
    expect(end.channels[0]!.sent.map(hexOf)).toEqual(spelled([hex]))
    const { payload } = secondReads(bytesOf(hex), true).frames[0]!
    expect(readGreeting(payload)).toEqual({ version: 4, half: mine, modes })
    expect(hexOf(libraryReadsGreeting(payload, modes))).toBe(mine)
  })

  it.each(link.proofs)('the proof on a further connection $name', (vector) => {
    const { mine, yours, localId, remoteId, first, now, hex } = vector
    const ends = ({ local, remote }: Fingerprints) => ({
      ...{ localId, remoteId, localFingerprints: local, remoteFingerprints: remote },
    })
    const written = proofOf([bytesOf(mine), bytesOf(yours)], ends(first), ends(now))
    const { kind, payload } = secondReads(bytesOf(hex), true).frames[0]!
    expect([kind, hexOf(payload)]).toEqual(['PROOF', hexOf(written)])
    expect(hexOf(proofFor(vector))).toBe(hexOf(payload))
  })

  it.each(link.returns)('what is said behind it: $name', ({ messages, stream, hex }) => {
    const { kind, payload } = secondReads(bytesOf(hex), true).frames[0]!
    expect([kind, hexOf(payload)]).toEqual(['RESUME', hexOf(writeTakenIn({ messages, stream }))])
    expect(readTakenIn(payload, messages.length)).toEqual({ messages, stream })
    expect(readReturn(payload)).toEqual({ messages, stream })
  })
})

describe('acknowledgements', () => {
  it.each(link.acknowledgements)('$name: written', ({ arrived, progress, at, hex, tells }) => {
    const acknowledger = new Acknowledger({ flight: () => 0, progress: () => false })
    for (const [sequence, when] of arrived) acknowledger.received.note(sequence, when)
    acknowledger.owes = true
    if (progress) {
      acknowledger.madeProgress()
      acknowledger.reliableIn = progress.reliable
      acknowledger.streamIn = progress.stream
    }
    const writer = new MessageWriter()
    acknowledger.start(writer, at, false)
    expect(hexOf(acknowledger.finish(writer, at, false))).toBe(hexOf(bytesOf(hex)))
    const { header } = readUnreliable(bytesOf(hex))
    expect(acknowledged(header.acknowledgement!)).toEqual(tells)
    expect(header.progress).toEqual(progress)
  })

  it.each(link.acknowledged)('$name: delivered', ({ sent, hex, delivered }) => {
    const acknowledger = new Acknowledger({ flight: () => 0, progress: () => false })
    const told: number[] = []
    for (let number = 0; number < sent; number++) {
      acknowledger.sent.sent(10, 0, false, [(arrived) => (arrived ? told.push(number) : undefined)])
    }
    acknowledger.read(bytesOf(hex), 0)
    expect(told).toEqual(delivered)
    const { acknowledgement } = readUnreliable(bytesOf(hex)).header
    expect(acknowledged(acknowledgement!).filter((number) => number < sent)).toEqual(delivered)
  })
})

describe('what arrives', () => {
  it.each(link.sequence)('sequence numbers: $a is newer than $b: $newer', ({ a, b, newer }) => {
    expect(libraryIsNewer(a, b)).toBe(newer)
    expect(isNewer(a, b)).toBe(newer)
  })

  it.each(link.arrivals)('on unreliable channels: $name', ({ arrives, delivered }) => {
    const { pair, end } = greeted([0, 1, 2])
    const second = new UnreliableChannels()
    const packets: string[] = []
    const start = pair.clock.now()
    for (const [port, hex, at = 0] of arrives) {
      pair.clock.advance(start + at - pair.clock.now())
      arrive(end, port, hex)
      packets.push(...second.receive(port, bytesOf(hex), at).map(hexOf))
    }
    expect(payloads(end)).toEqual(delivered)
    expect(packets).toEqual(delivered)
    expect(end.rejections).toEqual([])
  })

  it.each(link.reliableArrivals)('on reliable channels: $name', ({ arrives, delivered, rejected }) => {
    const { end } = greeted([0, 1, 2])
    const stream = new Stream()
    const joiners = new Map<Way | 'stream', ReliableJoiner>()
    const packets: string[] = []
    let refused = 0
    const tries = (action: () => void) => {
      try {
        action()
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        refused += 1
      }
    }
    const take = (place: Way | 'stream', frames: Iterable<Frame>) => {
      const joiner = joiners.get(place) ?? new ReliableJoiner()
      joiners.set(place, joiner)
      for (const frame of frames) {
        const packet = joiner.add(frame)
        if (packet) packets.push(hexOf(packet))
      }
    }
    for (const [way, hex] of arrives) {
      arrive(end, way, hex)
      tries(() => {
        const { position, frames } = readReliable(bytesOf(hex))
        if (position === undefined) take(way, frames)
        else for (const each of stream.add(position, frames)) tries(() => take('stream', each))
      })
    }
    expect(payloads(end)).toEqual(delivered)
    expect(packets).toEqual(delivered)
    expect(end.rejections).toHaveLength(rejected)
    expect(refused).toBe(rejected)
  })

  it.each(link.bad)('bad on $port: $name', ({ port, hex, unreadable = false }) => {
    const { end } = greeted()
    arrive(end, port, hex)
    expect(end.told.filter(({ type }) => type === 'rejected')).toMatchObject([{ error: { code: 'ERR_INVALID_DATA' } }])
    if (unreadable) expect(() => secondReads(bytesOf(hex), port !== 1)).toThrow(Refused)
    else expect(() => secondReads(bytesOf(hex), port !== 1)).not.toThrow()
  })
})

describe('signals of the bulk connection', () => {
  const signal = (text: string) => {
    const parts = {
      configuration: () => ({}),
      offers: false,
      clock: new VirtualClock(),
      send: nothing,
      opened: nothing,
    }
    const bulk = new BulkConnection({ ...parts, packet: nothing, drained: nothing, closed: nothing })
    bulk.signal(Buffer.from(text))
  }

  it.each(link.signals)('$name: $text', ({ text }) => {
    expect(() => signal(text)).not.toThrow()
  })

  it.each(link.badSignals)('bad: $name', ({ text }) => {
    expect(thrown(() => signal(text)).code).toBe('ERR_INVALID_DATA')
  })
})
