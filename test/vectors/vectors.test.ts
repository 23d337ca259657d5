import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readClientMessage } from '../../server/signaling/client-messages.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { decode, encode, type PacketValue } from '../../src/net/codec/codec.ts'
import { reliableMessages, stampSequence, unreliableMessage } from '../../src/net/link/messages.ts'
import { PeerLink } from '../../src/net/link/peer-link.ts'
import { type Counters, ReliablePort, UnreliablePort } from '../../src/net/link/port.ts'
import { Kind, isNewer as libraryIsNewer } from '../../src/net/link/wire.ts'
import { unwrapBroadcast, wrapBroadcast } from '../../src/net/signaling/broadcast-messages.ts'
import { readServerMessage } from '../../src/net/signaling/server-messages.ts'
import { LinkPair } from '../support/link-pair.ts'
import { thrown } from '../support/net-errors.ts'
import { Conversation, type Line } from './conversation.ts'
import { isNewer, Reassembly, Refused, readGreeting, readLinkMessage, readPing, readValue } from './decoder.ts'
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

type KindName = 'VALUE' | 'BYTES' | 'HELLO' | 'GOODBYE' | 'GOODBYE_ACK' | 'PING' | 'PONG'

interface LinkVectors {
  readonly messages: readonly {
    readonly name: string
    readonly reliable: boolean
    readonly hex: string
    readonly kind: KindName
    readonly more?: boolean
    readonly ordered?: boolean
    readonly sequence?: number
    readonly payload: string
  }[]
  readonly packets: readonly {
    readonly name: string
    readonly kind: KindName
    readonly payload: string
    readonly hex: readonly string[]
  }[]
  readonly greetings: readonly { readonly modes: readonly number[]; readonly hex: string }[]
  readonly pings: readonly {
    readonly name: string
    readonly hex: string
    readonly nonce: number
    readonly loss: number
  }[]
  readonly sequence: readonly { readonly a: number; readonly b: number; readonly newer: boolean }[]
  readonly arrivals: readonly {
    readonly name: string
    readonly hex: readonly string[]
    readonly delivered: readonly string[]
  }[]
  readonly bad: readonly { readonly name: string; readonly port: number; readonly hex: string }[]
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
const link = vectors<LinkVectors>('link.json')
const signaling = vectors<SignalingVectors>('signaling.json')

const KINDS: Readonly<Record<KindName, Kind>> = {
  VALUE: Kind.Value,
  BYTES: Kind.Bytes,
  HELLO: Kind.Hello,
  GOODBYE: Kind.Goodbye,
  GOODBYE_ACK: Kind.GoodbyeAck,
  PING: Kind.Ping,
  PONG: Kind.Pong,
}

function counters(): Counters {
  return { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, dropped: 0, rejected: 0 }
}

function expectSame(actual: unknown, meant: unknown): void {
  // Large ones take vitest a second each.
  if (!(meant instanceof Uint8Array)) expect(actual).toStrictEqual(meant)
  else expect([actual?.constructor, hexOf(actual as Uint8Array)]).toEqual([Uint8Array, hexOf(meant)])
}

const silent = { bufferedAmount: 0, putPacket: () => {} }

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

describe('link messages', () => {
  it.each(link.messages)('$name: $hex', ({ reliable, hex, kind, more = false, ordered = false, sequence, payload }) => {
    const message = bytesOf(hex)
    const content = bytesOf(payload)
    expect(readLinkMessage(reliable, message)).toEqual({ kind, more, ordered, sequence, payload: content })
    const port = reliable ? new ReliablePort(silent, counters()) : new UnreliablePort(silent, counters())
    const incoming = port.receive(message)
    if (more) expect(incoming).toBeUndefined()
    else expect(incoming).toMatchObject({ kind: KINDS[kind], payload: content })
    if (!reliable) expect(incoming).toMatchObject({ ordered })

    if (more) return
    const [written] = reliable
      ? reliableMessages(KINDS[kind], content)
      : [unreliableMessage(KINDS[kind], ordered, content)]
    if (sequence !== undefined) stampSequence(written!, sequence)
    expect(hexOf(written!)).toBe(hexOf(message))
  })

  it.each(link.packets)('$name: cut and joined', ({ kind, payload, hex }) => {
    const content = bytesOf(payload)
    expect(reliableMessages(KINDS[kind], content).map(hexOf)).toEqual(hex.map((each) => hexOf(bytesOf(each))))
    const port = new ReliablePort(silent, counters())
    const joined = new Reassembly()
    for (const [i, each] of hex.entries()) {
      const last = i === hex.length - 1
      const incoming = port.receive(bytesOf(each))
      const whole = joined.add(readLinkMessage(true, bytesOf(each)))
      expect(incoming === undefined).toBe(!last)
      expect(whole === undefined).toBe(!last)
      if (!incoming || !whole) continue
      expect(incoming.kind).toBe(KINDS[kind])
      expect(Buffer.compare(incoming.payload, content)).toBe(0)
      expect(Buffer.compare(whole, content)).toBe(0)
    }
  })

  it.each(link.greetings)('the greeting of a side with the user channels $modes', ({ modes, hex }) => {
    const sent: string[] = []
    const channel = { bufferedAmount: 0, putPacket: (bytes: Uint8Array) => void sent.push(hexOf(bytes)) }
    const ports = [true, false, ...modes.map((mode) => mode === 2)].map((reliable) => ({ channel, reliable }))
    const nothing = () => {}
    const events = { connected: nothing, packet: nothing, rejected: nothing, ended: nothing }
    const peer = new PeerLink(ports, modes, new VirtualClock(), events)
    for (const port of ports.keys()) peer.opened(port)
    expect(sent).toEqual([hexOf(bytesOf(hex))])
    const { payload } = readLinkMessage(true, bytesOf(hex))
    expect(readGreeting(payload)).toEqual({ version: 1, modes })
  })

  it.each(link.pings)('$name: $hex', ({ hex, nonce, loss }) => {
    expect(readPing(readLinkMessage(false, bytesOf(hex)).payload)).toEqual({ nonce, loss })
  })

  it.each(link.sequence)('sequence numbers: $a is newer than $b: $newer', ({ a, b, newer }) => {
    expect(libraryIsNewer(a, b)).toBe(newer)
    expect(isNewer(a, b)).toBe(newer)
  })

  it.each(link.arrivals)('on an unreliable channel: $name', ({ hex, delivered }) => {
    const port = new UnreliablePort(silent, counters())
    const packets = hex.flatMap((each) => {
      const incoming = port.receive(bytesOf(each))
      return incoming ? [hexOf(incoming.payload)] : []
    })
    expect(packets).toEqual(delivered)
  })

  it.each(link.bad)('bad on port $port: $name', ({ port, hex }) => {
    const pair = LinkPair.connected()
    const before = pair.b.link.stats.rejected
    pair.b.link.receive(port, bytesOf(hex))
    expect(pair.b.link.stats.rejected).toBe(before + 1)
    expect(pair.b.told.at(-1)).toMatchObject({ type: 'rejected', error: { code: 'ERR_INVALID_DATA' } })
  })

  it('a whole life: greeting, first ping, its answer, a packet of each kind, goodbye and its answer', async () => {
    const pair = LinkPair.connected()
    pair.a.send('A')
    pair.a.sendUnreliable('B')
    pair.a.sendUnreliable('C', { ordered: true })
    pair.clock.advance(50)
    const left = pair.a.link.goodbye(1)
    pair.clock.advance(50)
    await left
    const sent = ({ channels }: typeof pair.a) => channels.map((channel) => channel.sent.map(hexOf))
    expect(sent(pair.a)).toEqual([
      ['0201', '0141', '0301'],
      ['050000010000', '060100010000', '01020042', '41030043'],
    ])
    expect(sent(pair.b)).toEqual([
      ['0201', '04'],
      ['050000010000', '060100010000'],
    ])
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
      if ('says' in line) expect(readClientMessage(line.says)).toEqual(JSON.parse(line.says))
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
