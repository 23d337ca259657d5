// The arguments of the demo's calls, from the bytes to what a handler gets. The bytes around them are rpc.ts's.

import * as v from 'valibot'
import { calls } from '../../../src/game-demo/net/protocol.ts'
import { arenaCalls } from '../../../src/game-demo/net/referee-desk.ts'
import { decode, encode, type PacketValue } from '../../../src/net/codec/codec.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { byteCorpus } from '../support/corpus.ts'
import { changed, type Json } from '../support/json.ts'
import { mutated } from '../support/mutate.ts'
import { must, outcome } from '../support/oracles.ts'

const definitions = Object.values({ ...calls, ...arenaCalls })
const names = Object.keys({ ...calls, ...arenaCalls })

const orb = { id: 1, x: 5, y: 6, kind: 2 }
/** Each with the name of its call first. */
const CALLS: readonly PacketValue[] = [
  ['state', 1_000, 100, 200, -3, 4, 1, 3, 80, true, false, false],
  ['volley', 1_000, 7, 3, 100, 200, -3, 4, 1],
  ['hit', 5, 7, 0, 10, 20],
  ['chat', 'Hello there 👋🏽'],
  ['claim', 7],
  ['ask'],
  ['arena', { round: 2, phase: 'play', endsAt: 900, orbs: [orb], scores: [{ id: 5, points: 6, kills: 1, deaths: 2 }] }],
  [
    'events',
    [
      { type: 'phase', phase: 'board', round: 3, endsAt: 1 },
      { type: 'orb', orb },
      { type: 'taken', orb: 1, by: 5 },
      { type: 'gone', id: 5 },
    ],
  ],
]

const packets = CALLS.map((call) => Uint8Array.from(encode(call)))

/** What the handler gets; undefined: it is not called. */
function read(value: unknown): unknown[] | undefined {
  if (!Array.isArray(value)) return undefined
  const validators = definitions[names.indexOf(value[0])]?.settings.args as readonly v.GenericSchema[] | undefined
  if (!validators || value.length - 1 > validators.length) return undefined
  const results = validators.map((schema, i) => v.safeParse(schema, value[i + 1]))
  return results.every(({ success }) => success) ? [value[0], ...results.map(({ output }) => output)] : undefined
}

export const gameTarget: Target<Uint8Array> = {
  name: "the demo's calls",
  rounds: 25_000,
  corpus: byteCorpus('game-packets'),
  make: (chance) => (chance.oneIn(3) ? mutated(chance, chance.pick(packets), packets) : changedPacket(chance)),
  run(packet) {
    const value = outcome(() => decode(packet), 'ERR_INVALID_DATA')
    if ('error' in value) return
    const args = read(value.value)
    if (!args) return
    must(!/null/.test(JSON.stringify(args)), 'a number that is not finite')
    // What was read can be sent, and is then read as the same. Text is cleaned each time, and may lose a blank more.
    const again = read(decode(encode(args as PacketValue)))
    must(args[0] === 'chat' || JSON.stringify(again) === JSON.stringify(args), `then ${JSON.stringify(again)}`)
  },
  show: hexOf,
  afterwards() {
    for (const packet of packets) must(read(decode(packet)) !== undefined, 'an honest call is not read any more')
  },
}

function changedPacket(chance: Chance): Uint8Array {
  const packed = outcome(
    () => encode(changed(chance, chance.pick(CALLS) as Json) as PacketValue),
    'ERR_INVALID_PARAMETER',
  )
  return 'value' in packed ? Uint8Array.from(packed.value) : Uint8Array.of(0xc0)
}
