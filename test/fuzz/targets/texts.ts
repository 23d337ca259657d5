// Texts of strangers: what a client says to the server, what a server says to a client, and codes that people type.

import { readClientMessage } from '../../../server/signaling/client-messages.ts'
import { normalizeRoomCode } from '../../../src/net/signaling/room-code.ts'
import { readServerMessage } from '../../../src/net/signaling/server-messages.ts'
import type { Target } from '../support/campaign.ts'
import type { Chance } from '../support/chance.ts'
import { textCorpus } from '../support/corpus.ts'
import { changed, type Json, jsonOf, textOf } from '../support/json.ts'
import { mutated } from '../support/mutate.ts'
import { clocked, must, outcome } from '../support/oracles.ts'
import { CLIENT_MESSAGES, SERVER_MESSAGES } from '../support/valid-messages.ts'

const escaped = (text: string) => JSON.stringify(text)

function textFrom(chance: Chance, valid: readonly Json[]): string {
  switch (chance.below(6)) {
    case 0:
      return JSON.stringify(jsonOf(chance))
    case 1:
      return Buffer.from(mutated(chance, Buffer.from(JSON.stringify(chance.pick(valid))))).toString()
    default:
      return JSON.stringify(changed(chance, chance.pick(valid)))
  }
}

export const clientMessageTarget: Target<string> = {
  name: "a client's message",
  rounds: 16_000,
  corpus: textCorpus('client-messages'),
  make: (chance) => textFrom(chance, CLIENT_MESSAGES),
  run(text) {
    const read = outcome(() => readClientMessage(text), 'ERR_INVALID_DATA', 'ERR_SIGNALING_PROTOCOL')
    if (!('value' in read)) return
    const { text: passedOn = '', ...message } = { text: undefined, ...read.value }
    must(JSON.stringify(message).length <= text.length + 100, 'it grew')
    must(passedOn.length <= text.length + 100, 'what is passed on grew')
  },
  show: escaped,
  afterwards() {
    for (const message of CLIENT_MESSAGES) readClientMessage(JSON.stringify(message))
  },
}

export const serverMessageTarget: Target<unknown> = {
  name: "a server's message",
  rounds: 16_000,
  corpus: textCorpus('server-messages'),
  make: (chance) =>
    chance.oneIn(50) ? chance.pick([null, undefined, 7, new Uint8Array(9), {}, []]) : textFrom(chance, SERVER_MESSAGES),
  run(data) {
    const read = clocked(() => readServerMessage(data))
    if (read.kind === 'malformed') must(read.reason.length < 500, 'the reason repeats the message')
    else must(typeof data === 'string', 'something that is no text was read')
  },
  show: (data) => JSON.stringify(data) ?? 'undefined',
  afterwards() {
    for (const message of SERVER_MESSAGES)
      must(readServerMessage(JSON.stringify(message)).kind === 'message', 'refused')
  },
}

export const roomCodeTarget: Target<string> = {
  name: 'a room code',
  rounds: 16_000,
  corpus: textCorpus('room-code'),
  make: (chance) =>
    chance.oneIn(3) ? textOf(chance) : String.fromCodePoint(...chance.list(chance.size(30), () => letter(chance))),
  run(text) {
    const code = clocked(() => normalizeRoomCode(text))
    must(normalizeRoomCode(code) === code, `its own spelling is spelt otherwise: ${code.slice(0, 100)}`)
    must(
      normalizeRoomCode(code.toLowerCase().replaceAll('-', ' ')) === code || /[^\x20-\x7e]/.test(text),
      'case matters',
    )
    must(code.length <= 5 * text.length, 'it grew')
  },
  show: escaped,
  afterwards: () => must(normalizeRoomCode(' k7m.3qx wpd') === 'K7M-3QX-WPD', 'an honest code is not read any more'),
}

/** Letters that change their length or their half when they become capitals, and those that are left out. */
function letter(chance: Chance): number {
  const odd = [
    0xdf, 0x130, 0x131, 0x149, 0x17f, 0x1f0, 0x345, 0x390, 0x587, 0x1e96, 0x10428, 0x1f600, 0xd800, 0xdc00, 0xfb03,
    0x2d, 0x2014, 0x3000, 0x5f,
  ]
  return chance.oneIn(2) ? chance.pick(odd) : chance.between(0x20, 0x7e)
}
