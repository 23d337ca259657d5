// The second decoder of RELAY frames, written from docs/STANDARD.md (section 7) alone and without any of the library.

import { Refused } from './decoder.ts'
import type { RelayedPacket, RelayWord } from './link-vectors.ts'
import { hexOf } from './notation.ts'

const WHATS = ['VALUE', 'BYTES', 'SERVICE']
const COMMANDS = ['ADD', 'REMOVE', 'HOLD', 'RELEASE', 'PART', 'QUERY', 'REACH', 'OPEN', 'SWITCH', 'DONE']
const REASONS = [
  'left',
  'kicked',
  'disconnected_by_remote',
  'timeout',
  'connection_lost',
  'protocol_error',
  'buffer_overflow',
]

/** @throws {Refused} */
export function readRelayed(payload: Uint8Array): RelayedPacket | RelayWord {
  let at = 0
  const whole = (size: number): number => {
    if (at + size > payload.length) throw new Refused('cut off')
    at += size
    return payload.subarray(at - size, at).reduceRight((value, byte) => value * 256 + byte, 0)
  }
  const id = (): number => {
    const value = whole(4)
    if (value < 1 || value >= 2 ** 31) throw new Refused('no id')
    return value
  }
  const head = whole(1)
  if ((head & 3) === 3) {
    if (head !== 3) throw new Refused('a word with other bits')
    const command = COMMANDS[whole(1)]
    if (!command) throw new Refused('no such command')
    if (command === 'REMOVE') return { command, ids: [id()], reason: REASONS[whole(1)]!, count: whole(4) }
    if (command === 'REACH') return { command, ids: [id()], count: whole(4) }
    if (command === 'SWITCH') return { command, ids: [], count: whole(4) }
    if (command === 'DONE') return { command, ids: [] }
    const ids = [id()]
    while (command === 'ADD' && at < payload.length) ids.push(id())
    return { command, ids }
  }
  const common = { kind: WHATS[head & 3]!, lane: head >> 4, ...(head & 8 && { sealed: true as const }) }
  const rest = () => hexOf(payload.subarray(at)).replaceAll(' ', '')
  if (head & 4) return { ...common, source: id(), packet: rest() }
  const target = whole(4)
  if (target !== 2 ** 31) return { ...common, target: target > 2 ** 31 ? target - 2 ** 32 : target, packet: rest() }
  const count = whole(2)
  const list = Array.from({ length: Math.min(count, 257) }, id)
  if (count < 1 || count > 256 || new Set(list).size < count) throw new Refused('no list')
  return { ...common, target: list, packet: rest() }
}
