import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { plainSignal } from '../../../server/signaling/plain-signal.ts'
import { ClientMessage } from '../../../src/net/signaling/messages.ts'
import { Chance } from '../../fuzz/support/chance.ts'
import { changed, jsonOf } from '../../fuzz/support/json.ts'
import { CLIENT_MESSAGES, SIGNALS } from '../../fuzz/support/valid-messages.ts'

const ROUNDS = 20_000
const MESSAGES = SIGNALS.map((signal) => ({ type: 'signal', to: 5, signal }))

describe('a signal that is recognized by hand', () => {
  it.each(MESSAGES)('may be %j', (message) => {
    expect(plainSignal(message)).toBe(message)
  })

  it('is one that the schema accepts as it stands, whatever a client sends', () => {
    const chance = new Chance(17)
    let accepted = 0
    for (let round = 0; round < ROUNDS; round++) {
      const made = chance.oneIn(10) ? jsonOf(chance) : changed(chance, chance.pick(CLIENT_MESSAGES)!)
      // As it comes over the wire: with an own `__proto__` where there is one.
      const message: unknown = JSON.parse(JSON.stringify(made))
      const plain = plainSignal(message)
      if (!plain) continue
      accepted++
      const checked = v.safeParse(ClientMessage, message)
      expect(checked.success, JSON.stringify(message)).toBe(true)
      expect(checked.output).toEqual(message)
    }
    expect(accepted).toBeGreaterThan(ROUNDS / 400)
  })

  it('is every signal that the schema accepts', () => {
    const chance = new Chance(18)
    for (let round = 0; round < ROUNDS; round++) {
      const message: unknown = JSON.parse(JSON.stringify(changed(chance, chance.pick(MESSAGES)!)))
      if (v.safeParse(ClientMessage, message).success) expect(plainSignal(message)).toBe(message)
    }
  })
})
