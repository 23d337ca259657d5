import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHAT_LENGTH, cleanText, NAME_LENGTH, receiveText } from '../../src/game-demo/text.ts'

describe('cleanText', () => {
  it('takes out control characters, direction overrides and invisible ones', () => {
    expect(cleanText('a\u0000b\u001b[31mc\u202ed\u200bef', 40)).toBe('ab[31mcdef')
  })

  it('makes one line of it', () => {
    expect(cleanText('  one\n\n two\tthree\u2028four ', 40)).toBe('one two three four')
  })

  it('keeps languages and emoji whole', () => {
    expect(cleanText('Zoë 李雷 👩‍🚀 שלום', 40)).toBe('Zoë 李雷 👩‍🚀 שלום')
    expect(cleanText('🚀🚀🚀', 2)).toBe('🚀🚀')
  })

  it('thins out stacked marks', () => {
    expect(cleanText(`a${'\u0301'.repeat(50)}`, 100).length).toBeLessThanOrEqual(3)
  })

  it('is bounded, stable, and never has what it forbids', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const clean = cleanText(text, NAME_LENGTH)
        expect(Array.from(clean).length).toBeLessThanOrEqual(NAME_LENGTH)
        expect(clean).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
        expect(clean).toBe(clean.trim())
      }),
    )
  })
})

describe('receiveText', () => {
  it('refuses what is no text, far too long, or empty in truth', () => {
    for (const bad of [undefined, null, 5, {}, ['a'], '', '  ', '\u200b\u202e', 'x'.repeat(1_001)]) {
      expect(receiveText(bad, CHAT_LENGTH)).toBeUndefined()
    }
  })

  it('cuts what is a little too long', () => {
    expect(receiveText('x'.repeat(200), CHAT_LENGTH)).toHaveLength(CHAT_LENGTH)
  })
})
