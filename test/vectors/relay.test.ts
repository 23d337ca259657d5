// The vectors of RELAY frames, against the library and against a decoder of their own.

import { describe, expect, it } from 'vitest'
import * as relay from '../../src/multiplayer/relay/constants.ts'
import {
  Command,
  idsOf,
  readCount,
  readReach,
  readRelay,
  readRemove,
  writeCommand,
  writeFromOther,
  writeRemove,
  writeToOthers,
} from '../../src/multiplayer/relay/wire.ts'
import type { DisconnectReason } from '../../src/multiplayer/types.ts'
import { Kind } from '../../src/net/link/wire.ts'
import { thrown } from '../support/net-errors.ts'
import { Refused } from './decoder.ts'
import { link } from './link-vectors.ts'
import { bytesOf } from './notation.ts'
import { readRelayed } from './relay-decoder.ts'

const KINDS: Readonly<Record<string, number>> = { VALUE: Kind.Value, BYTES: Kind.Bytes, SERVICE: Kind.Service }
const COMMANDS: Readonly<Record<string, Command>> = {
  ADD: Command.Add,
  REMOVE: Command.Remove,
  HOLD: Command.Hold,
  RELEASE: Command.Release,
  PART: Command.Part,
  QUERY: Command.Query,
  REACH: Command.Reach,
  OPEN: Command.Open,
  SWITCH: Command.Switch,
  DONE: Command.Done,
}

describe('packets by way of a third', () => {
  it.each(link.relay)('$name', ({ name: _, hex, ...said }) => {
    const packet = bytesOf(said.packet)
    const kind = KINDS[said.kind]!
    const written =
      said.source === undefined
        ? writeToOthers(kind, said.lane, said.target!, packet, said.sealed)
        : writeFromOther(kind, said.lane, said.source, packet, said.sealed)
    expect(written).toEqual(bytesOf(hex))
    const { type, ...read } = readRelay(bytesOf(hex))
    expect(type).toBe(said.source === undefined ? 'toOthers' : 'fromOther')
    expect(read).toEqual({ sealed: false, ...said, kind, packet })
    expect(readRelayed(bytesOf(hex))).toEqual(said)
  })

  it.each(link.relayWords)('$name', ({ name: _, hex, ...said }) => {
    const { command, ids, reason, count } = said
    const written =
      command === 'REMOVE'
        ? writeRemove(ids[0]!, reason as DisconnectReason, count!)
        : writeCommand(COMMANDS[command]!, ...ids, ...(count === undefined ? [] : [count]))
    expect(written).toEqual(bytesOf(hex))
    const word = readRelay(bytesOf(hex))
    if (word.type !== 'command') throw new Error('it is a word')
    expect(word.command).toBe(COMMANDS[command])
    if (command === 'REMOVE') expect(readRemove(word.body)).toEqual({ id: ids[0], reason, count })
    else if (command === 'REACH') expect(readReach(word.body)).toEqual({ id: ids[0], ms: count })
    else if (command === 'SWITCH') expect(readCount(word.body)).toBe(count)
    else if (command === 'DONE') expect(word.body).toHaveLength(0)
    else expect(idsOf(word.body)).toEqual(ids)
    expect(readRelayed(bytesOf(hex))).toEqual(said)
  })

  it.each(link.badRelay)('bad: $name', ({ hex }) => {
    expect(thrown(() => readRelay(bytesOf(hex))).code).toBe('ERR_INVALID_DATA')
    expect(() => readRelayed(bytesOf(hex))).toThrow(Refused)
  })
})

it('every limit of relaying stands in the standard', async () => {
  const { readFileSync } = await import('node:fs')
  const text = readFileSync(new URL('../../docs/STANDARD.md', import.meta.url), 'utf8')
  for (const [name, value] of Object.entries(relay)) {
    expect(text, name).toContain(`\`${name}\``)
    expect(text, name).toContain(value.toLocaleString('en-US'))
  }
})
