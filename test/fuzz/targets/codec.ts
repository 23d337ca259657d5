// Packets of a stranger: the library's decoder beside the second one, which was written from the standard alone.

import { decode, encode, type PacketValue } from '../../../src/net/codec/codec.ts'
import { scan } from '../../../src/net/codec/scan.ts'
import { Refused, readValue } from '../../vectors/decoder.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import { byteCorpus } from '../support/corpus.ts'
import { msgpackOf } from '../support/msgpack.ts'
import { mutated } from '../support/mutate.ts'
import { must, outcome, sameValue, weightOf } from '../support/oracles.ts'

const corpus = byteCorpus('codec')
const small = corpus.filter((packet) => packet.length < 1_000)

export const codecTarget: Target<Uint8Array> = {
  name: 'a packet',
  rounds: 25_000,
  corpus,
  make(chance) {
    switch (chance.below(6)) {
      case 0:
        return chance.bytes(chance.size(200))
      case 1:
        return mutated(chance, chance.pick(small), small)
      case 2:
      case 3:
        return mutated(chance, msgpackOf(chance), small)
      default:
        return msgpackOf(chance, chance.oneIn(50) ? 2_000 : 40)
    }
  },
  run(packet) {
    const before = Uint8Array.from(packet)
    const { problem } = scan(packet)
    const decoded = outcome(() => decode(packet), 'ERR_INVALID_DATA')
    must(Buffer.compare(packet, before) === 0, 'the packet was written to')
    const second = secondOpinion(packet)
    if ('error' in decoded) {
      must(second === undefined, `the second decoder reads it, the library says: ${decoded.error.message}`)
      return
    }
    must(problem === undefined, 'the scan refuses what is decoded')
    must(second !== undefined && sameValue(decoded.value, second.value), 'the two decoders read different values')
    must(weightOf(decoded.value) <= 1_000 + packet.length * 120, 'the value is much larger than the packet')
    const text = outcome(() => encode(decoded.value), 'ERR_INVALID_PARAMETER')
    // Only two things can be read that cannot be written: an invalid date, and a key that is an empty array too deep.
    if ('error' in text) must(/invalid Date|nested deeper/.test(text.error.message), text.error.message)
    else must(sameValue(decode(Uint8Array.from(text.value)), decoded.value), 'it does not survive a second journey')
  },
  show: hexOf,
  afterwards() {
    const value: PacketValue = {
      tick: 1,
      ships: [{ id: 5, name: 'Ada', at: Float32Array.of(1, 2) }],
      when: new Date(5),
    }
    must(sameValue(decode(Uint8Array.from(encode(value))), value), 'an honest packet is not read any more')
  },
}

function secondOpinion(packet: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: readValue(packet) }
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}
