// What sealing costs the two ends of a packet that another peer passes on: processor time and bytes, beside what they do for
// it anyway (packing, the frame for whoever passes on, and both again backwards). Networks take no part.

import type { Seal, SealPlace } from '../src/multiplayer/relay/seal.ts'
import { drawMeetingKeys } from '../src/multiplayer/relay/seal-keys.ts'
import { readRelay, writeFromOther, writeToOthers } from '../src/multiplayer/relay/wire.ts'
import { decode, encode } from '../src/net/codec/codec.ts'
import { Kind } from '../src/net/link/wire.ts'
import type { Figure, Outcome, Settings } from './support/figure.ts'
import { median } from './support/statistics.ts'

const SIZES = [16, 64, 1_000, 16_000]
const RUNS = 9
const PLACE: SealPlace = { mode: 'unreliable', port: 1, lane: 1, kind: Kind.Value }

export async function seal({ quick }: Settings): Promise<Outcome> {
  const [one, other] = [await drawMeetingKeys(), await drawMeetingKeys()]
  const [a, b] = [await one.agree(other.publicKey, 2, 3), await other.agree(one.publicKey, 3, 2)]
  const figures: Figure[] = []
  for (const size of SIZES) figures.push(figureOf(size, a, b, quick))
  return {
    name: 'seal',
    conditions:
      'one process; a string of so many bytes, from packing to unpacking, as it is and sealed; medians of runs in turns',
    figures,
    remarks: ['bytes a packet: 20 more when it is unreliable, 16 when it is reliable'],
    details: undefined,
  }
}

function figureOf(size: number, a: Seal, b: Seal, quick: boolean): Figure {
  const value = 'x'.repeat(size)
  const count = Math.ceil((quick ? 500 : 5_000) / (1 + size / 500))
  const [plain, sealed]: [number[], number[]] = [[], []]
  for (let run = 0; run < RUNS; run++) {
    plain.push(microseconds(count, () => pass(value)))
    sealed.push(microseconds(count, () => pass(value, a, b)))
  }
  const ratios = sealed.map((each, i) => each / plain[i]!)
  return {
    name: `a packet of ${size} bytes`,
    unit: 'µs',
    raw: median(plain),
    skein: median(sealed),
    ratio: median(ratios),
    ratios,
    target: undefined,
    reached: undefined,
  }
}

/** What both ends do for a packet; who passes on does the same either way. */
function pass(value: string, a?: Seal, b?: Seal): void {
  const packed = encode(value)
  const payload = writeToOthers(Kind.Value, 1, 3, a ? a.seal(PLACE, packed) : packed, a !== undefined)
  const message = readRelay(payload)
  if (message.type !== 'toOthers') throw new Error('It went wrong.')
  const passed = readRelay(writeFromOther(message.kind, message.lane, 2, message.packet, message.sealed))
  if (passed.type !== 'fromOther') throw new Error('It went wrong.')
  decode(b ? b.open(PLACE, passed.packet)! : passed.packet)
}

/** Of the processor, so that what else runs on the machine does not count. */
function microseconds(count: number, action: () => void): number {
  const start = process.cpuUsage()
  for (let i = 0; i < count; i++) action()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / count
}
