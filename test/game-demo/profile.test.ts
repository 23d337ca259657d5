import { describe, expect, it } from 'vitest'
import { besideNamesake, botProfile, COLOURS, cssColour, randomProfile } from '../../src/game-demo/profile.ts'
import { createRng } from '../../src/game-demo/rules/rng.ts'
import { cleanText, NAME_LENGTH } from '../../src/game-demo/text.ts'

const ada = { name: 'Ada', colour: 3, bot: false }

describe('a generated profile', () => {
  it('is valid, and not always the same', () => {
    const names = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      for (const profile of [randomProfile(createRng(seed)), botProfile(createRng(seed))]) {
        expect(cleanText(profile.name, NAME_LENGTH)).toBe(profile.name)
        expect(COLOURS[profile.colour]).toBeDefined()
        expect(cssColour(profile.colour)).toMatch(/^#[0-9a-f]{6}$/)
        names.add(profile.name)
      }
    }
    expect(names.size).toBeGreaterThan(30)
  })

  it('of a bot takes the name that is given, cleaned', () => {
    expect(botProfile(createRng(1), ' Grace\n').name).toBe('Grace')
    expect(botProfile(createRng(1), '\u0000').name).not.toBe('')
  })
})

describe('besideNamesake', () => {
  it('lets exactly one of two namesakes step aside', () => {
    expect(besideNamesake(ada, 5, [{ id: 9, profile: ada }])).toBeUndefined()
    expect(besideNamesake(ada, 9, [{ id: 5, profile: ada }])).toEqual({ name: 'Ada 2', colour: 0, bot: false })
  })

  it('counts on where there are more, and keeps names short enough', () => {
    const others = [
      { id: 1, profile: ada },
      { id: 2, profile: { ...ada, name: 'Ada 2' } },
    ]
    expect(besideNamesake(ada, 9, others)?.name).toBe('Ada 3')
    const long = { ...ada, name: 'ABCDEFGHIJKLMNOP' }
    expect(besideNamesake(long, 9, [{ id: 1, profile: long }])?.name).toBe('ABCDEFGHIJKLMN 2')
  })

  it('leaves everybody else alone', () => {
    expect(besideNamesake(ada, 9, [{ id: 1, profile: { ...ada, name: 'Bob' } }])).toBeUndefined()
  })
})
