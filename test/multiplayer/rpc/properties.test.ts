// Whatever is called arrives as it was called; whatever two peers define, they agree exactly when it is the same.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type RpcDefinition, rpc } from '../../../src/multiplayer/rpc/definition.ts'
import { describe as describeRpc, differences, readTable, toWire } from '../../../src/multiplayer/rpc/table.ts'
import { headerBytes, readNumber, readRequest, readTime, writeHeader } from '../../../src/multiplayer/rpc/wire.ts'
import type { PacketValue } from '../../../src/multiplayer/types.ts'
import { decodeSequence, encodeSequence } from '../../../src/net/codec/codec.ts'

const value = fc.letrec<{ value: PacketValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, undefined, true, false),
    fc.integer(),
    fc.double({ noNaN: true }).map((number) => number + 0),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value

it('arguments come as they were given, behind any header', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.integer({ min: 0, max: 7 }), (values, header) => {
      const bytes = encodeSequence(header, values)
      bytes.fill(0xff, 0, header)
      expect(decodeSequence(bytes, header, 255)).toEqual(values)
    }),
  )
})

it('numbers of 32 bits are the nearest that there are, and whole ones exact', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.double(), fc.integer(), fc.float()), { maxLength: 20 }), (values) => {
      const got = decodeSequence(encodeSequence(1, values, true), 1, 255) as number[]
      for (const [i, number] of values.entries()) {
        const isShort = !Number.isInteger(number) && number < 2 ** 32 && number >= -(2 ** 31)
        expect(got[i]).toBe(isShort ? Math.fround(number) : number + 0)
      }
    }),
  )
})

it('a header is read as it was written, and the time to an eighth of a millisecond', () => {
  const header = fc.record({ number: fc.integer({ min: 0, max: 1_023 }), hasReply: fc.boolean(), timed: fc.boolean() })
  const time = fc.double({ min: 0, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(
      header,
      fc.integer({ min: 0, max: 0xffff }),
      time,
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      (call, request, at, ago) => {
        const bytes = new Uint8Array(headerBytes(call))
        writeHeader(bytes, call, request, at)
        expect(readNumber(bytes)).toBe(call.number)
        if (call.hasReply) expect(readRequest(bytes, call)).toBe(request)
        if (call.timed) expect(Math.abs(readTime(bytes, call, at + ago)! - at)).toBeLessThan(0.26)
      },
    ),
  )
})

const definition = fc
  .record({
    kind: fc.constantFrom('reliable' as const, 'unreliable' as const, 'unreliableOrdered' as const, 'request' as const),
    mode: fc.constantFrom('any_peer' as const, 'authority' as const, 'disabled' as const),
    channel: fc.integer({ min: 0, max: 3 }),
    timed: fc.boolean(),
  })
  .map(({ kind, mode, ...options }): RpcDefinition => {
    if (kind === 'request') return rpc.request<[], number>(mode, options)
    return rpc[kind as 'unreliable'](mode, options)
  })

it('two tables agree exactly when every row is the same', () => {
  const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'é')
  const definitions = fc.uniqueArray(fc.tuple(names, definition), { selector: ([name]) => name })
  const rows = definitions.map((list) =>
    list.map(([name, each]) => describeRpc(name, each)).sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
  fc.assert(
    fc.property(rows, rows, (ours, theirs) => {
      const table = encodeSequence(0, ['set', ...theirs.map(toWire)])
      expect(readTable(decodeSequence(table, 0, 100))).toEqual({ set: 'set', rows: theirs })
      const same = JSON.stringify(ours) === JSON.stringify(theirs)
      expect(differences(ours, theirs).length === 0).toBe(same)
      expect(differences(theirs, ours).length).toBe(differences(ours, theirs).length)
    }),
  )
})
