import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { plainSignal } from '../../../server/signaling/plain-signal.ts'
import { ClientMessage } from '../../../src/net/signaling/messages.ts'
import { Chance } from '../../fuzz/support/chance.ts'
import { changed, jsonOf } from '../../fuzz/support/json.ts'
import { CLIENT_MESSAGES, SIGNALS } from '../../fuzz/support/valid-messages.ts'

const ROUNDS = 20_000
const MESSAGES = SIGNALS.map((signal) => ({ type: 'signal', to: 5, signal }))
const CANDIDATE = {
  kind: 'candidate',
  attempt: 0,
  media: '0',
  index: 12,
  name: 'candidate:1 1 udp 1 10.0.0.1 9 typ host',
}

/** A message to peer 5 around the text of a signal. */
const around = (signal: string) => `{"type":"signal","to":5,"signal":${signal}}`

describe('a signal that is recognized by hand', () => {
  it.each(MESSAGES)('may be %j', (message) => {
    expect(plainSignal(JSON.stringify(message))).toEqual({ ...message, text: JSON.stringify(message.signal) })
  })

  it('is one that the schema accepts as it stands, whatever a client sends', () => {
    const chance = new Chance(17)
    let accepted = 0
    for (let round = 0; round < ROUNDS; round++) {
      const made = chance.oneIn(10) ? jsonOf(chance) : changed(chance, chance.pick(CLIENT_MESSAGES)!)
      const text = JSON.stringify(made)
      const plain = plainSignal(text ?? 'undefined')
      if (!plain) continue
      accepted++
      // As it comes over the wire: with an own `__proto__` where there is one.
      const checked = v.safeParse(ClientMessage, JSON.parse(text))
      expect(checked.success, text).toBe(true)
      const { text: passedOn, ...message } = plain
      expect(checked.output).toEqual(message)
      expect(JSON.parse(passedOn)).toEqual(message.signal)
    }
    expect(accepted).toBeGreaterThan(ROUNDS / 400)
  })

  it('is every signal that the schema accepts', () => {
    const chance = new Chance(18)
    for (let round = 0; round < ROUNDS; round++) {
      const text = JSON.stringify(changed(chance, chance.pick(MESSAGES)!))
      const isMessage = v.safeParse(ClientMessage, JSON.parse(text)).success
      if (isMessage && text.startsWith('{"type":"signal","to":')) expect(plainSignal(text), text).toBeDefined()
    }
  })

  const candidate = JSON.stringify(CANDIDATE)
  it.each([
    ['blanks', candidate.replaceAll(':"', ': "')],
    ['escapes', candidate.replace('host', '\\u0068ost')],
    ['a key that is said twice', candidate.replace('"name"', '"name":"x","name"')],
    ['a key that is said twice, and a shorter one', candidate.replace('"index":12', '"index":1,"index":2')],
    ['another spelling of a number', candidate.replace('"attempt":0', '"attempt":0.0')],
  ])('is passed on without %s', (_, text) => {
    const plain = plainSignal(around(text))
    expect(plain?.text).not.toBe(text)
    expect(plain?.text).toBe(JSON.stringify(plain?.signal))
  })

  it.each([
    ['another key behind it', `${candidate},"from":9`],
    ['the same key behind it', `${candidate},"signal":{}`],
    ['another object behind it', `${candidate}}{`],
    ['nothing in it', ''],
  ])('has no %s', (_, text) => {
    expect(plainSignal(around(text))).toBeUndefined()
  })

  it.each(['0', '05', '2147483648', '99999999999999999999', '-5', '5.0', '5e0', ' 5', '"5"', 'null', ''])(
    'is not to peer %j',
    (to) => {
      expect(plainSignal(`{"type":"signal","to":${to},"signal":${candidate}}`)).toBeUndefined()
    },
  )
})
