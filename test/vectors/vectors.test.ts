import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readClientMessage } from '../../server/signaling/client-messages.ts'
import { decode, encode, type PacketValue } from '../../src/net/codec/codec.ts'
import { unwrapBroadcast, wrapBroadcast } from '../../src/net/signaling/broadcast-messages.ts'
import { readServerMessage } from '../../src/net/signaling/server-messages.ts'
import { thrown } from '../support/net-errors.ts'
import { Conversation, type Line } from './conversation.ts'
import { Refused, readValue } from './decoder.ts'
import { bytesOf, hexOf, meaningOf, type Noted } from './notation.ts'

interface CodecVectors {
  readonly written: readonly {
    readonly name: string
    readonly hex: string
    readonly value: Noted
    readonly as?: string
  }[]
  readonly read: readonly { readonly name: string; readonly hex: string; readonly value: Noted }[]
  readonly refused: readonly { readonly name: string; readonly hex: string }[]
}

interface SignalingVectors {
  readonly conversation: readonly Line[]
  readonly badClientMessages: readonly { readonly name: string; readonly text: string; readonly code: string }[]
  readonly badServerMessages: readonly { readonly name: string; readonly text: string }[]
  readonly tabs: readonly {
    readonly name: string
    readonly data: Noted
    readonly is: 'message' | 'foreign' | 'malformed'
  }[]
}

function vectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T
}

const codec = vectors<CodecVectors>('codec.json')
const signaling = vectors<SignalingVectors>('signaling.json')

function expectSame(actual: unknown, meant: unknown): void {
  // Large ones take vitest a second each.
  if (!(meant instanceof Uint8Array)) expect(actual).toStrictEqual(meant)
  else expect([actual?.constructor, hexOf(actual as Uint8Array)]).toEqual([Uint8Array, hexOf(meant)])
}

describe('values', () => {
  it.each(codec.written)('$name: written as $hex and read back, by both decoders', ({ hex, value, as }) => {
    const bytes = bytesOf(hex)
    const meant = meaningOf(value)
    const given = as === 'Buffer' ? Buffer.from(meant as Uint8Array) : meant
    expect(hexOf(encode(given as PacketValue))).toBe(hexOf(bytes))
    expectSame(decode(bytes), meant)
    expectSame(readValue(bytes), meant)
  })

  it.each(codec.read)('$name: $hex is read alike by both decoders', ({ hex, value }) => {
    const bytes = bytesOf(hex)
    const meant = meaningOf(value)
    expect(decode(bytes)).toEqual(meant)
    expect(readValue(bytes)).toEqual(meant)
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  it.each(codec.refused)('$name: refused by both decoders', ({ hex }) => {
    const bytes = bytesOf(hex)
    expect(thrown(() => decode(bytes)).code).toBe('ERR_INVALID_DATA')
    expect(() => readValue(bytes)).toThrow(Refused)
  })
})

describe('signaling messages', () => {
  it('a conversation of three clients with a server, to the letter', async () => {
    const conversation = new Conversation()
    const heard: Line[] = []
    for (const line of signaling.conversation) {
      if ('says' in line) heard.push(...(await conversation.say(line)))
    }
    expect(heard).toEqual(signaling.conversation)
  })

  it('of that conversation are each taken by the reader of the other side', () => {
    for (const line of signaling.conversation) {
      if ('says' in line) expect(readClientMessage(line.says)).toMatchObject(JSON.parse(line.says))
      else if ('hears' in line) {
        expect(readServerMessage(line.hears)).toEqual({ kind: 'message', message: JSON.parse(line.hears) })
      } else expect(line.closed).toMatch(/^\d{4} /)
    }
  })

  it.each(signaling.badClientMessages)('from a client, $name: $code', ({ text, code }) => {
    expect(thrown(() => readClientMessage(text)).code).toBe(code)
  })

  it.each(signaling.badServerMessages)('from a server, $name: malformed', ({ text }) => {
    expect(readServerMessage(text).kind).toBe('malformed')
  })

  it.each(signaling.tabs)('between tabs, $name: $is', ({ data, is }) => {
    const value = meaningOf(data)
    const read = unwrapBroadcast(value)
    if (is !== 'message') expect(read).toBe(is)
    else expect(wrapBroadcast(read as Exclude<typeof read, string>)).toEqual(value)
  })
})
