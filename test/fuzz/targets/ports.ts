// The parts of a link that put pieces together, beside a model that keeps everything that ever came.

import { FrameReader, MessageWriter } from '../../../src/net/link/frames.ts'
import { Joiner, UnfinishedBudget } from '../../../src/net/link/joiner.ts'
import { Lanes } from '../../../src/net/link/lanes.ts'
import { StreamReceiver } from '../../../src/net/link/stream.ts'
import { UnreliableJoiner } from '../../../src/net/link/unreliable-joiner.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { mutated } from '../support/mutate.ts'
import { must, outcome } from '../support/oracles.ts'

const LANES = new Map([
  [0, { priority: 0 }],
  [1, { priority: 1 }],
  [2, { priority: 2, weight: 3 }],
  [7, { priority: 2 }],
])

const show = (messages: readonly Uint8Array[]) => messages.map(hexOf).join('\n')

/** Messages as a sender makes them. */
function written(chance: Chance, streamHeader: number): Uint8Array[] {
  const lanes = new Lanes(LANES, () => {})
  for (let i = chance.size(30); i >= 0; i--) {
    const payload = new Uint8Array(chance.size(chance.oneIn(10) ? 20_000 : 1_500)).fill(chance.below(256))
    lanes.add(chance.pick([...LANES.keys()]), { kind: chance.below(2), payload })
  }
  const writer = new MessageWriter()
  const messages: Uint8Array[] = []
  while (lanes.packets > 0) {
    writer.start(streamHeader)
    lanes.fill(writer)
    messages.push(writer.finish().slice())
  }
  return messages
}

/** What a sender makes, with some of it lost, doubled, changed. */
function disturbed(chance: Chance, messages: readonly Uint8Array[]): Uint8Array[] {
  const often = chance.pick([3, 10, 1_000_000])
  return messages.flatMap((message) => {
    if (!chance.oneIn(often)) return [message]
    return chance.pick([[], [message, message], [mutated(chance, message)], [message, chance.bytes(chance.size(30))]])
  })
}

export const reliableTarget: Target<readonly Uint8Array[]> = {
  name: 'a reliable channel',
  rounds: 400,
  corpus: [],
  make: (chance) => disturbed(chance, written(chance, 0)),
  run(messages) {
    const budget = new UnfinishedBudget()
    const joiner = new Joiner(budget, () => {})
    const reader = new FrameReader(true)
    let received = 0
    for (const message of messages) {
      received += message.length
      outcome(() => takeIn(reader, joiner, message), 'ERR_INVALID_DATA')
      // It doubles as content comes, and begins with 64 KiB for each of 16 lanes.
      must(budget.bytes <= 2 * received + 16 * 65_536, `${budget.bytes} bytes are held of ${received}`)
    }
    joiner.clear()
    must(budget.bytes === 0, `${budget.bytes} bytes are never given back`)
  },
  show,
}

function takeIn(reader: FrameReader, joiner: Joiner, message: Uint8Array): void {
  reader.open(message, 0)
  while (reader.next()) {
    must(reader.payload.length <= message.length, 'a frame is longer than its message')
    const whole = reader.isPiece ? joiner.add(reader.lane, reader.kind, reader.payload) : reader.payload
    if (whole && whole.length > 0) must(whole.byteOffset + whole.length <= whole.buffer.byteLength, 'beyond the end')
  }
}

export const streamTarget: Target<readonly Uint8Array[]> = {
  name: 'a stream',
  rounds: 400,
  corpus: [],
  make(chance) {
    const messages = written(chance, 5).map((message, position) => {
      message.set([8 | 0x80, position & 0xff, position >>> 8, 0, 0])
      return message
    })
    // Over two ways: some come early, some twice.
    const early = messages.filter(() => chance.oneIn(3))
    return disturbed(chance, [...messages.filter((message) => !early.includes(message) || chance.oneIn(4)), ...early])
  },
  run(messages) {
    const stream = new StreamReceiver(new UnfinishedBudget(), () => {})
    let before = 0
    for (const message of messages) {
      const taken: number[] = []
      const take = (each: Uint8Array) => {
        taken.push(each[1]! | (each[2]! << 8))
      }
      outcome(() => stream.receive(message, take), 'ERR_INVALID_DATA')
      must(stream.next - before === taken.length, 'the position is not what was taken')
      for (const position of taken) must(position === (before++ & 0xffff), `${position} comes instead of ${before - 1}`)
    }
  },
  show,
}

interface Piece {
  readonly kind: number
  readonly bytes: Uint8Array
  readonly at: number
}

export const unreliableTarget: Target<readonly Piece[]> = {
  name: 'an unreliable channel',
  rounds: 1_800,
  corpus: [],
  make(chance) {
    const kinds = chance.pick([1, 2, 3])
    let at = 0
    return chance.list(chance.size(300), () => {
      at += chance.oneIn(20) ? chance.size(2_000) : chance.size(5)
      if (chance.oneIn(30)) return { kind: 1, bytes: chance.bytes(chance.size(5)), at }
      const count = chance.pick([2, 2, 3, 16])
      const packet = (at >> 4) + chance.below(3)
      const place = (chance.below(chance.oneIn(30) ? 16 : count) << 4) | (count - 1)
      return {
        kind: chance.below(kinds),
        bytes: Uint8Array.of(packet & 0xff, packet >> 8, place, chance.below(256)),
        at,
      }
    })
  },
  run(pieces) {
    const joiner = new UnreliableJoiner()
    /** The contents that came for each place of each packet. */
    const came = new Map<string, Set<number>>()
    for (const [i, { kind, bytes, at }] of pieces.entries()) {
      const [low, high, place, content] = bytes
      const key = (index: number) => `${low} ${high} ${place! & 15} ${index}`
      if (bytes.length > 3) {
        const places = came.get(key(place! >> 4)) ?? new Set()
        came.set(key(place! >> 4), places.add(content!))
      }
      const heard = outcome(() => joiner.add(kind, bytes, at), 'ERR_INVALID_DATA')
      if ('error' in heard || !heard.value) continue
      must(heard.value.length >= (place! & 15) + 1, `piece ${i}: a packet with a hole`)
      if (heard.value.length > (place! & 15) + 1) continue
      for (const [index, byte] of heard.value.entries()) {
        must(came.get(key(index))?.has(byte) === true, `piece ${i}: a packet of what never came`)
      }
    }
  },
  show: (pieces) => pieces.map(({ kind, bytes, at }) => `${at} ms, kind ${kind}: ${hexOf(bytes)}`).join('\n'),
}
