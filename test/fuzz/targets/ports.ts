// One channel of a link, beside a model that was written from the standard alone.

import type { NetError } from '../../../src/net/errors.ts'
import { type Counters, ReliablePort, UnreliablePort } from '../../../src/net/link/port.ts'
import { isNewer, Reassembly, Refused, readLinkMessage } from '../../vectors/decoder.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { messagesCorpus } from '../support/corpus.ts'
import { must, outcome } from '../support/oracles.ts'

const silent = { bufferedAmount: 0, putPacket: () => {} }

function counters(): Counters {
  return { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, dropped: 0, rejected: 0 }
}

const show = (messages: readonly Uint8Array[]) => messages.map(hexOf).join('\n')

export const reliableTarget: Target<readonly Uint8Array[]> = {
  name: 'a reliable channel',
  rounds: 400,
  corpus: messagesCorpus('reliable'),
  make(chance) {
    const largest = chance.pick([0, 1, 3, 100, 100, 20_000, 70_000])
    return chance.list(1 + chance.size(largest > 100 ? 70 : 700), reliableMessage(chance, largest))
  },
  run(messages) {
    const port = new ReliablePort(silent, counters())
    const model = new Reassembly()
    for (const [i, message] of messages.entries()) {
      const heard = outcome(() => port.receive(message), 'ERR_INVALID_DATA')
      const expected = opinion(() => {
        const read = readLinkMessage(true, message)
        return model.add(read)
      })
      const said = 'error' in heard ? 'refused' : heard.value ? digest(heard.value.payload) : 'nothing'
      must(said === expected, `message ${i}: ${said}, by the standard ${expected}`)
    }
  },
  show,
}

/** In one script the sizes are alike: so the limits for many small and for few large fragments are both met. */
function reliableMessage(chance: Chance, largest: number): () => Uint8Array {
  const endsEvery = chance.pick([2, 10, 1_000])
  return () => {
    if (chance.oneIn(60)) return chance.bytes(chance.size(4))
    const message = new Uint8Array(1 + (chance.oneIn(30) ? 0 : chance.between(Math.min(1, largest), largest)))
    message[0] = (chance.oneIn(endsEvery) ? 0 : 0x80) | chance.below(chance.oneIn(20) ? 16 : 2)
    message.fill(chance.below(256), 1)
    return message
  }
}

export const unreliableTarget: Target<readonly Uint8Array[]> = {
  name: 'an unreliable channel',
  rounds: 1_800,
  corpus: messagesCorpus('unreliable'),
  make(chance) {
    // From 0, as every sender begins; then late ones, doubles, gaps and wraps.
    const step = chance.pick([1, 1, 2, 50, 5_000, 20_000])
    let newest = 0
    const next = () => {
      if (chance.oneIn(50)) return chance.bytes(chance.size(5))
      const late = chance.oneIn(4)
      if (!late) newest += chance.between(1, step)
      const sequence = late ? newest - Math.min(newest, chance.size(step * 200)) : newest
      const head = (chance.oneIn(2) ? 0x40 : 0) | chance.pick([0, 1, 1, 5, chance.below(256)])
      return Uint8Array.of(head, sequence & 0xff, (sequence >>> 8) & 0xff, chance.below(256))
    }
    return [Uint8Array.of(1, 0, 0, 0), ...chance.list(chance.size(400), next)]
  },
  run(messages) {
    const port = new UnreliablePort(silent, counters())
    const model = new Arrivals()
    for (const [i, message] of messages.entries()) {
      const heard = outcome(() => port.receive(message), 'ERR_INVALID_DATA')
      const expected = opinion(() => model.add(message))
      const said = 'error' in heard ? 'refused' : heard.value ? digest(heard.value.payload) : 'nothing'
      must(said === expected, `message ${i}: ${said}, by the standard ${expected}`)
    }
    must(port.loss.loss >= 0 && port.loss.loss <= 1, `a loss of ${port.loss.loss}`)
  },
  show,
}

/** STANDARD 2.4, with a list of everything that ever came. */
class Arrivals {
  readonly #seen: number[] = []
  #newest: number | undefined
  #lastOrdered: number | undefined

  add(message: Uint8Array): Uint8Array | undefined {
    const { sequence = 0, ordered, payload } = readLinkMessage(false, message)
    this.#newest ??= sequence
    const newer = isNewer(sequence, this.#newest)
    if (newer) {
      // Whoever jumps by more than the window leaves nothing of it.
      const gap = (sequence - this.#newest) & 0xffff
      this.#newest = sequence
      for (let i = this.#seen.length - 1; i >= 0; i--) {
        if (gap >= 128 || ((sequence - this.#seen[i]!) & 0xffff) >= 128) this.#seen.splice(i, 1)
      }
    }
    const age = (this.#newest - sequence) & 0xffff
    if (age < 128) {
      if (this.#seen.includes(sequence)) return undefined
      this.#seen.push(sequence)
    }
    const late = this.#lastOrdered !== undefined && !isNewer(sequence, this.#lastOrdered)
    if (ordered) {
      if (late) return undefined
      this.#lastOrdered = sequence
    } else if (this.#lastOrdered !== undefined && !late) {
      const ahead = (sequence - this.#lastOrdered) & 0xffff
      if (ahead > 16_384) this.#lastOrdered = (sequence - 16_384) & 0xffff
    }
    return payload
  }
}

/** Long ones by their length and their content's sum: the fillings of fragments differ. */
function digest(payload: Uint8Array): string {
  if (payload.length < 40) return hexOf(payload)
  return `${payload.length} bytes, ${payload.reduce((sum, byte, i) => (sum * 31 + byte + i) | 0, 0)}`
}

function opinion(read: () => Uint8Array | undefined): string {
  try {
    const payload = read()
    return payload ? digest(payload) : 'nothing'
  } catch (error) {
    if (error instanceof Refused) return 'refused'
    throw error as NetError
  }
}
