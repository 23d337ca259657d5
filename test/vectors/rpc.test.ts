// The vectors of rpc.json against the library and against the second implementation.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FIRST_RPC } from '../../src/multiplayer/api/wire.ts'
import { rpc } from '../../src/multiplayer/rpc/definition.ts'
import { type RpcRow, readTable, toWire } from '../../src/multiplayer/rpc/table.ts'
import {
  decodeReply,
  decodeTable,
  encodeAgreed,
  encodeFailure,
  encodeResult,
  encodeTable,
  FIRST_LONG_NUMBER,
  headerBytes,
  ReplyKind,
  readNumber,
  readRequest,
  readTime,
  writeHeader,
} from '../../src/multiplayer/rpc/wire.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { decodeSequence, encodeSequence, type PacketValue } from '../../src/net/codec/codec.ts'
import { agreed } from '../multiplayer/rpc/hub.ts'
import { Refused } from './decoder.ts'
import { bytesOf, hexOf, meaningOf, type Noted } from './notation.ts'
import { readRpc } from './rpc-decoder.ts'

interface Vectors {
  readonly tables: readonly {
    readonly name: string
    readonly set: string
    readonly rows: readonly RpcRow[]
    readonly hex: string
  }[]
  readonly calls: readonly {
    readonly name: string
    readonly number: number
    readonly hasReply?: boolean
    readonly timed?: boolean
    readonly float32?: boolean
    readonly request?: number
    readonly time?: number
    readonly now?: number
    readonly args: readonly Noted[]
    readonly hex: string
  }[]
  readonly agreed: readonly { readonly name: string; readonly index: number; readonly hex: string }[]
  readonly replies: readonly {
    readonly name: string
    readonly kind: 'RESULT' | 'REFUSAL' | 'FAILURE'
    readonly request: number
    readonly values: readonly Noted[]
    readonly hex: string
  }[]
  readonly refused: readonly { readonly name: string; readonly hex: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('rpc.json', import.meta.url), 'utf8')) as Vectors
const KINDS = { RESULT: ReplyKind.Result, REFUSAL: ReplyKind.Refusal, FAILURE: ReplyKind.Failure }
const spelled = (hex: string) => hexOf(bytesOf(hex))

describe('RPC messages', () => {
  it.each(vectors.tables)('TABLE, $name: written and read by both', ({ set, rows, hex }) => {
    expect(hexOf(encodeTable(set, rows.map(toWire)))).toBe(spelled(hex))
    expect(readTable(decodeTable(bytesOf(hex)))).toEqual({ set, rows })
    expect(readRpc(bytesOf(hex))).toEqual({ is: 'TABLE', set, rows })
  })

  it.each(vectors.agreed)('AGREED, $name: written and read', ({ index, hex }) => {
    expect(hexOf(encodeAgreed(index))).toBe(spelled(hex))
    expect(readRpc(bytesOf(hex))).toEqual({ is: 'AGREED', index })
  })

  it.each(vectors.calls)('a call, $name: written and read by both', (vector) => {
    const { number, hasReply = false, timed = false, float32 = false, request = 0, time, now } = vector
    const header = { number, hasReply, timed }
    const args = vector.args.map(meaningOf) as PacketValue[]
    const written = encodeSequence(headerBytes(header), args, float32)
    writeHeader(written, header, request, time)
    expect(hexOf(written)).toBe(spelled(vector.hex))

    const bytes = bytesOf(vector.hex)
    expect(readNumber(bytes)).toBe(number)
    if (hasReply) expect(readRequest(bytes, header)).toBe(request)
    if (timed) expect(readTime(bytes, header, now)).toBe(time)
    expect(decodeSequence(bytes, headerBytes(header), 255)).toEqual(args)
    const known = { hasReply, timed, ...(now !== undefined && { now }) }
    expect(readRpc(bytes, known)).toEqual({ is: 'call', number, request: hasReply ? request : undefined, time, args })
  })

  it.each(vectors.replies)('a reply, $name: written and read by both', ({ kind, request, values, hex }) => {
    const meant = values.map(meaningOf)
    const [first, second] = meant as [string, string]
    const number = KINDS[kind]
    const written =
      number === ReplyKind.Result ? encodeResult(request, first, false) : encodeFailure(number, request, first, second)
    expect(hexOf(written)).toBe(spelled(hex))
    expect(decodeReply(bytesOf(hex))).toEqual({ kind: number, request, values: meant })
    expect(readRpc(bytesOf(hex))).toEqual({ is: kind, request, values: meant })
  })

  it.each(vectors.refused)('$name: refused by both', async ({ hex }) => {
    expect(() => readRpc(bytesOf(hex))).toThrow(Refused)
    const { hub, members, rpcs } = await agreed(2, () => ({
      any: rpc.reliable('any_peer', (_context, ..._args: unknown[]) => {}),
      ask: rpc.request('any_peer', () => new Promise(() => {})),
    }))
    // The request 1.
    rpcs[1]!.ask
      .to(1)()
      .catch(() => {})
    hub.post({ from: 1, to: 2, bytes: bytesOf(hex), mode: TransferMode.Reliable, channel: 0 })
    await hub.flush()
    expect(members[1]!.peer.rejections.map(({ error }) => error.code)).toEqual(['ERR_INVALID_DATA'])
  })

  it('begin as the page says', () => {
    const page = readFileSync(new URL('../../docs/STANDARD.md', import.meta.url), 'utf8')
    expect(page).toContain(
      `one byte, ${FIRST_RPC} (\`FIRST_RPC\`) + number. ${FIRST_LONG_NUMBER} (\`FIRST_LONG_NUMBER\`) and up`,
    )
  })
})
