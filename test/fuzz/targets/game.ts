// The demo's packets, from the bytes to the message.

import { decode as decodeMessage } from '../../../src/game-demo/net/decode.ts'
import { encode as encodeMessage, type Message } from '../../../src/game-demo/net/messages.ts'
import { decode, encode, type PacketValue } from '../../../src/net/codec/codec.ts'
import { hexOf } from '../../vectors/notation.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { byteCorpus } from '../support/corpus.ts'
import { changed, type Json } from '../support/json.ts'
import { mutated } from '../support/mutate.ts'
import { must, outcome } from '../support/oracles.ts'

const motion = { x: 100, y: 200, vx: -3, vy: 4, angle: 1 }

const MESSAGES: readonly Message[] = [
  { kind: 0, state: { ...motion, time: 1_000, life: 3, energy: 80, thrust: true, shielded: false, surging: false } },
  { kind: 1, time: 1_000, volley: { ...motion, firstId: 7, count: 3 } },
  { kind: 2, by: 5, shot: 7, energy: 0, x: 10, y: 20 },
  { kind: 3, orb: 7 },
  { kind: 4 },
  {
    kind: 5,
    arena: {
      round: 2,
      phase: 'play',
      remaining: 31.5,
      orbs: [{ id: 1, x: 5, y: 6, kind: 2 }],
      scores: [{ id: 5, points: 6, kills: 1, deaths: 2 }],
    },
  },
  {
    kind: 6,
    events: [
      { type: 'phase', phase: 'board', round: 3 },
      { type: 'clock', remaining: 5 },
      { type: 'taken', orb: 1, by: 5 },
      { type: 'gone', id: 5 },
    ],
  },
  { kind: 7, version: 1, name: 'Ada', colour: 3, bot: false },
  { kind: 8, text: 'Hello there 👋🏽' },
]

const packets = MESSAGES.map((message) => Uint8Array.from(encode(encodeMessage(message))))

export const gameTarget: Target<Uint8Array> = {
  name: "the demo's packet",
  rounds: 25_000,
  corpus: byteCorpus('game-packets'),
  make: (chance) => (chance.oneIn(3) ? mutated(chance, chance.pick(packets), packets) : changedPacket(chance)),
  run(packet) {
    const value = outcome(() => decode(packet), 'ERR_INVALID_DATA')
    if ('error' in value) return
    const message = decodeMessage(value.value)
    if (!message) return
    must(!/null/.test(JSON.stringify(message)), 'a number that is not finite')
    // What was read can be written, and is then read as the same.
    const again = decodeMessage(encodeMessage(message))
    must(JSON.stringify(withoutText(again)) === JSON.stringify(withoutText(message)), `then ${JSON.stringify(again)}`)
  },
  show: hexOf,
  afterwards() {
    for (const packet of packets)
      must(decodeMessage(decode(packet)) !== undefined, 'an honest packet is not read any more')
  },
}

/** Text is cleaned each time that it is read, and may lose a blank more. */
function withoutText(message: Message | undefined): unknown {
  return message && { ...message, name: '', text: '' }
}

function changedPacket(chance: Chance): Uint8Array {
  const wire = encodeMessage(chance.pick(MESSAGES)) as Json
  const packed = outcome(() => encode(changed(chance, wire) as PacketValue), 'ERR_INVALID_PARAMETER')
  return 'value' in packed ? Uint8Array.from(packed.value) : Uint8Array.of(0xc0)
}
