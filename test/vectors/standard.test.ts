import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as server from '../../server/signaling/constants.ts'
import * as multiplayer from '../../src/multiplayer/constants.ts'
import * as rpc from '../../src/multiplayer/rpc/constants.ts'
import * as codec from '../../src/net/codec/constants.ts'
import * as connection from '../../src/net/constants.ts'
import * as link from '../../src/net/link/constants.ts'
import * as lanes from '../../src/net/link/lane-table.ts'
import * as wire from '../../src/net/link/wire.ts'
import { BROADCAST_VERSION } from '../../src/net/signaling/broadcast-messages.ts'
import * as signaling from '../../src/net/signaling/constants.ts'
import { PROTOCOL_VERSION } from '../../src/net/signaling/messages.ts'

const lines = readFileSync(new URL('../../docs/STANDARD.md', import.meta.url), 'utf8').split('\n')

const CONSTANTS: Readonly<Record<string, number>> = {
  ...server,
  ...multiplayer,
  ...rpc,
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

  it('has the kinds, flags, sizes and reasons of the wire', () => {
    const text = lines.join('\n')
    const hex = (number: number) => `0x${number.toString(16).padStart(2, '0')}`
    const shouted = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
    for (const [name, number] of Object.entries(wire.Kind)) expect(text).toContain(`| ${number} | ${shouted(name)} |`)
    expect(text).toContain(`| 0–3 | kind (\`KIND_MASK\` ${hex(wire.KIND_MASK)})`)
    expect(text).toContain(`HAS_LANE (${hex(wire.HAS_LANE)})`)
    expect(text).toContain(`ORDERED (${hex(wire.ORDERED)})`)
    expect(text).toContain(`PIECE (${hex(wire.PIECE)})`)
    expect(text).toContain(`LAST (${hex(wire.LAST)})`)
    expect(text).toContain(`\`${hex(wire.Kind.Stream | wire.LAST)}\`; position: ${wire.STREAM_HEADER - 1} bytes`)
    expect(text).toContain(`${wire.FIRST_PIECE} first, ${wire.LAST_PIECE} last`)
    const { Flag, Goodbye } = wire
    expect(text).toContain(`| ACKNOWLEDGES | ${Flag.Acknowledges} | ${wire.ACKNOWLEDGEMENT_BYTES}: `)
    expect(text).toContain(`| PROGRESS | ${Flag.Progress} | ${wire.PROGRESS_BYTES}: `)
    expect(text).toContain(`| ASKS | ${Flag.Asks} |`)
    expect(text).toContain(`flags: 1 byte; sequence number: ${wire.UNRELIABLE_HEADER - 1} bytes`)
    expect(text).toContain(`reason: 1 byte. ${Goodbye.Left} left, ${Goodbye.Kicked} kicked`)
  })

  it('has the numbers of the lanes', () => {
    const text = lines.join('\n')
    expect(text).toContain(`| control | ${lanes.CONTROL_LANE} |`)
    expect(text).toContain(`| gameplay | ${lanes.GAMEPLAY_LANE} |`)
    expect(text).toContain(`| bulk | ${lanes.BULK_LANE} |`)
    expect(text).toContain(`| the user's | ${lanes.FIRST_USER_LANE} and up`)
  })
})
