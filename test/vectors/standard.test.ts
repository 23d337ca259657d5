import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as server from '../../server/signaling/constants.ts'
import * as multiplayer from '../../src/multiplayer/constants.ts'
import * as codec from '../../src/net/codec/constants.ts'
import * as connection from '../../src/net/constants.ts'
import * as link from '../../src/net/link/constants.ts'
import { Goodbye, KIND_MASK, Kind, MORE, ORDERED } from '../../src/net/link/wire.ts'
import { BROADCAST_VERSION } from '../../src/net/signaling/broadcast-messages.ts'
import * as signaling from '../../src/net/signaling/constants.ts'
import { PROTOCOL_VERSION } from '../../src/net/signaling/messages.ts'

const lines = readFileSync(new URL('../../docs/STANDARD.md', import.meta.url), 'utf8').split('\n')

const CONSTANTS: Readonly<Record<string, number>> = {
  ...server,
  ...multiplayer,
  ...connection,
  ...codec,
  ...signaling,
  ...link,
  PROTOCOL_VERSION,
  BROADCAST_VERSION,
}

describe('docs/STANDARD.md', () => {
  const named = Object.keys(CONSTANTS).filter((name) => lines.some((line) => line.includes(`\`${name}\``)))

  it.each(named)('says what %s is', (name) => {
    const value = CONSTANTS[name]!
    const spellings = [value.toLocaleString('en-US'), `${value / 1_000} s`, ...(value === 2 ? ['twice'] : [])]
    // A sentence may go over the end of its line.
    const near = lines.filter((_, i) =>
      lines.slice(Math.max(0, i - 1), i + 2).some((line) => line.includes(`\`${name}\``)),
    )
    expect(spellings.some((text) => near.some((line) => line.includes(text)))).toBe(true)
  })

  it('leaves out no limit of a link', () => {
    expect(Object.keys(link).filter((name) => !named.includes(name))).toEqual([])
  })

  it('has the kinds, flags and reasons of the wire', () => {
    const text = lines.join('\n')
    for (const [name, number] of Object.entries(Kind)) {
      const spelling = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
      expect(text).toContain(`| ${number} | ${spelling} |`)
    }
    expect(text).toContain(`\`KIND_MASK\` 0x0${KIND_MASK.toString(16)}`)
    expect(text).toContain(`MORE (0x${MORE.toString(16)})`)
    expect(text).toContain(`ORDERED (0x${ORDERED.toString(16)})`)
    expect(text).toContain(`reason: 1 byte. ${Goodbye.Left} left, ${Goodbye.Kicked} kicked`)
  })
})
