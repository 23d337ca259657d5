// What a peer may not do: call too often, say what does not fit, or send bytes that mean nothing.

import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FIRST_RPC, Service } from '../../../src/multiplayer/api/wire.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import type { StandardSchema } from '../../../src/multiplayer/rpc/standard-schema.ts'
import type { RpcDefinitions } from '../../../src/multiplayer/rpc/types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { encodeSequence } from '../../../src/net/codec/codec.ts'
import { rejection, thrown } from '../../support/net-errors.ts'
import { agreed, Hub } from './hub.ts'

const { Reliable, Unreliable } = TransferMode

/** A message of a peer that keeps to no rules: to peer 2, which has agreed. */
async function forged<D extends RpcDefinitions>(definitions: D) {
  const { hub, members, rpcs } = await agreed(2, () => definitions)
  const [attacker, victim] = members as [(typeof members)[0], (typeof members)[0]]
  const send = (bytes: readonly number[], { mode = Reliable as TransferMode, channel = 0 } = {}) => {
    hub.post({ from: 1, to: 2, bytes: Uint8Array.from(bytes), mode, channel })
    return hub.flush()
  }
  return { hub, attacker, victim, send, calls: rpcs[0]! }
}

describe('validated arguments', () => {
  async function named() {
    const heard: unknown[][] = []
    const scene = await agreed(2, () => ({
      name: rpc.reliable(
        'any_peer',
        { args: [v.pipe(v.string(), v.trim(), v.maxLength(8)), v.optional(v.number(), 7)], callLocal: true },
        (_context, ...args) => heard.push(args),
      ),
      ask: rpc.request(
        'any_peer',
        { args: [v.number()], result: v.pipe(v.number(), v.maxValue(9)) },
        (_context, n) => n * 2,
      ),
    }))
    return { ...scene, heard }
  }

  it('come to the handler as their validators give them, here and there', async () => {
    const { hub, rpcs, heard } = await named()
    rpcs[0]!.name(' Ada ')
    rpcs[0]!.name('Bob', 3)
    await hub.flush()
    expect(heard).toEqual([
      ['Ada', 7],
      ['Bob', 3],
      ['Ada', 7],
      ['Bob', 3],
    ])
  })

  it('that do not fit are the mistake of the caller, who hears of it before anything is sent', async () => {
    const { hub, rpcs, heard } = await named()
    const error = thrown(() => rpcs[0]!.name('a name that is too long'))
    expect(error).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
    expect(error.message).toMatch(/^Argument 1 of "name" is not valid: Invalid length/)
    expect(thrown(() => rpcs[0]!.name('a', 1, ...([2] as unknown as []))).message).toBe(
      '"name" takes 2 arguments, not 3.',
    )
    expect((await rejection(rpcs[0]!.ask.to(2)('1' as unknown as number))).code).toBe('ERR_INVALID_PARAMETER')
    expect([hub.sent, heard]).toEqual([[], []])
  })

  it('of whoever sends them nevertheless never reach the handler, and count against it', async () => {
    const { hub, members, heard } = await named()
    const post = (number: number, ...rest: number[]) =>
      hub.post({ from: 1, to: 2, bytes: Uint8Array.of(FIRST_RPC + number, ...rest), mode: Reliable, channel: 0 })
    post(1, 0x07) // a number for a name
    post(1, 0xa1, 0x61, 0x01, 0x02) // too many
    post(1) // too few
    post(0, 9, 0, 0xa1, 0x61) // a request
    await hub.flush()
    const [asker, asked] = members
    expect(heard).toEqual([])
    expect(asked!.peer.rejections.map(({ from, error }) => [from, error.code])).toEqual(
      Array(4).fill([1, 'ERR_INVALID_DATA']),
    )
    expect(asked!.api.rpcStats.refused).toBe(4)
    // The answer comes to nobody.
    expect(asker!.api.rpcStats.lateReplies).toBe(1)
  })

  it('and results are validated on both sides, too', async () => {
    const { hub, members, rpcs } = await named()
    const fine = rpcs[0]!.ask.to(2)(2)
    const wrong = rejection(rpcs[0]!.ask.to(2)(5))
    await hub.flush()
    expect(await fine).toBe(4)
    expect((await wrong).code).toBe('ERR_RPC_FAILED')
    expect(members[1]!.codes).toEqual(['ERR_RPC_FAILED'])
    const forgedReply = rejection(rpcs[0]!.ask.to(2)(2))
    hub.lose()
    hub.post({ from: 2, to: 1, bytes: Uint8Array.of(Service.RpcReply, 0, 3, 0, 0x63), mode: Reliable, channel: 0 })
    await hub.flush()
    expect((await forgedReply).code).toBe('ERR_INVALID_DATA')
    expect(members[0]!.peer.rejections).toHaveLength(1)
  })

  it('are not taken unchecked where a validator gives what only looks like a promise', async () => {
    const thenable = Object.fromEntries([['then', (done: (result: unknown) => void) => done({ issues: [] })]])
    const later = { '~standard': { version: 1, vendor: 'test', validate: () => thenable } } as never as StandardSchema
    const heard: unknown[] = []
    const { send, victim } = await forged({
      go: rpc.reliable('any_peer', { args: [later] }, (_context, arg) => heard.push(arg)),
    })
    await send([FIRST_RPC, 0xa1, 0x61])
    expect([heard, victim.codes]).toEqual([[], ['ERR_UNCONFIGURED']])
  })

  it('of results can neither, and that is not the fault of the peer that replied', async () => {
    const later: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as string }) },
    }
    const { hub, members, rpcs } = await agreed(2, () => ({
      ask: rpc.request('any_peer', { result: later }, () => new Promise<string>(() => {})),
    }))
    const answer = rejection(rpcs[0]!.ask.to(2)())
    await hub.flush()
    const bytes = Uint8Array.of(Service.RpcReply, 0, 1, 0, 0xa1, 0x61)
    hub.post({ from: 2, to: 1, bytes, mode: Reliable, channel: 0 })
    await hub.flush()
    expect(await answer).toMatchObject({ code: 'ERR_UNCONFIGURED' })
    expect(members[0]!.peer.rejections).toEqual([])
  })

  it('can neither be validated asynchronously, nor by a validator that throws', async () => {
    const later: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as string }) },
    }
    const broken: StandardSchema<string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('oh')
        },
      },
    }
    const { send, victim, calls } = await forged({
      broken: rpc.reliable('any_peer', { args: [broken] }, () => {}),
      later: rpc.reliable('any_peer', { args: [later] }, () => {}),
    })
    expect(thrown(() => calls.later('a')).message).toContain('Use one that answers at once.')
    expect(thrown(() => calls.broken('a')).code).toBe('ERR_INVALID_PARAMETER')
    await send([FIRST_RPC, 0xa1, 0x61])
    await send([FIRST_RPC + 1, 0xa1, 0x61])
    expect(victim.codes).toEqual(['ERR_INVALID_DATA', 'ERR_UNCONFIGURED'])
    expect(victim.peer.rejections).toHaveLength(1)
  })
})

describe('a rate limit', () => {
  it('drops what is above it, of each RPC and peer, and lets time bring new calls', async () => {
    const heard: string[] = []
    const { hub, members, rpcs } = await agreed(3, ({ id }) => ({
      say: rpc.reliable('any_peer', { rateLimit: { perSecond: 10, burst: 20 } }, ({ sender }) =>
        heard.push(`${id}<${sender}`),
      ),
      other: rpc.reliable('any_peer', { rateLimit: { perSecond: 10, burst: 20 } }, () => heard.push('other')),
      ask: rpc.request('any_peer', { rateLimit: { perSecond: 1, burst: 1 } }, () => 1),
    }))
    const count = (what: string) => heard.filter((each) => each === what).length
    for (let i = 0; i < 50; i++) rpcs[0]!.say.to(3)()
    for (let i = 0; i < 5; i++) rpcs[1]!.say.to(3)()
    rpcs[0]!.other.to(3)()
    await hub.flush()
    expect([count('3<1'), count('3<2'), count('other')]).toEqual([20, 5, 1])
    expect(members[2]!.codes).toEqual(Array(30).fill('ERR_RATE_LIMITED'))
    expect(members[2]!.peer.rejections).toEqual([])
    hub.clock.advance(1_000)
    for (let i = 0; i < 50; i++) rpcs[0]!.say.to(3)()
    await hub.flush()
    expect(count('3<1')).toBe(30)
    const answers = [1, 2].map(() => rpcs[0]!.ask.to(3)())
    const second = rejection(answers[1]!)
    await hub.flush()
    expect(await answers[0]).toBe(1)
    expect((await second).code).toBe('ERR_RATE_LIMITED')
  })

  it('counts against a peer that goes on at more than twice the rate', async () => {
    const { hub, members, rpcs } = await agreed(2, () => ({
      say: rpc.reliable('any_peer', { rateLimit: { perSecond: 10, burst: 20 } }, () => {}),
    }))
    const [, victim] = members
    // Fifteen a second are too many, but no attack.
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 15; i++) rpcs[0]!.say()
      hub.clock.advance(1_000)
      await hub.flush()
    }
    expect(victim!.peer.rejections).toEqual([])
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 100; i++) rpcs[0]!.say()
      hub.clock.advance(1_000)
      await hub.flush()
    }
    expect(victim!.peer.rejections.length).toBeGreaterThan(100)
    // A log is to be read: what it costs the attacker nothing to cause is told now and then.
    expect(victim!.codes.filter((code) => code === 'ERR_RATE_LIMITED').length).toBeLessThan(32 + 4 * 71)
  })

  it('is wide enough by default for a level that loads, and can be switched off', async () => {
    let heard = 0
    const { hub, members, rpcs } = await agreed(2, () => ({
      say: rpc.reliable('any_peer', () => {
        heard += 1
      }),
      free: rpc.reliable('any_peer', { rateLimit: false }, () => {
        heard += 1
      }),
    }))
    for (let i = 0; i < 10_000; i++) rpcs[0]!.say()
    for (let i = 0; i < 20_000; i++) rpcs[0]!.free()
    await hub.flush()
    expect([heard, members[1]!.errors]).toEqual([30_000, []])
  })
})

describe('a peer that keeps to no rules', () => {
  const definitions = {
    ask: rpc.request('any_peer', (_context, text: string) => text),
    say: rpc.reliable('any_peer', (_context, _text: string) => {}),
    shoot: rpc.unreliable('any_peer', { timed: true }, () => {}),
  }
  const table = (set: string, ...rows: unknown[]) => [
    Service.RpcTable,
    0,
    ...encodeSequence(0, [set, ...rows] as never),
  ]
  const row = (...changes: [at: number, value: unknown][]) => {
    const values: unknown[] = ['x', 0, 1, 2, 0, '', false, '']
    for (const [at, value] of changes) values[at] = value
    return values
  }

  it.each<[string, number[], { mode?: TransferMode; channel?: number }?]>([
    ['calls what there is not', [FIRST_RPC + 3]],
    ['calls what there is not, in the long form', [Service.RpcLong, 240, 0]],
    ['calls in the long form what has a short one', [Service.RpcLong, 1, 0]],
    ['cuts off the number', [Service.RpcLong, 1]],
    ['cuts off the number of a request', [FIRST_RPC, 1]],
    ['cuts off the time', [FIRST_RPC + 2, 1, 2, 3], { mode: Unreliable }],
    ['cuts off an argument', [FIRST_RPC + 1, 0xa5, 0x61]],
    ['sends no msgpack', [FIRST_RPC + 1, 0xc1]],
    ['sends an array of 4 billion', [FIRST_RPC + 1, 0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['sends 256 arguments', [FIRST_RPC + 1, ...Array(256).fill(1)]],
    ['calls a reliable RPC unreliably', [FIRST_RPC + 1, 0xa0], { mode: Unreliable }],
    ['calls an unreliable RPC reliably', [FIRST_RPC + 2, 0, 0, 0, 0]],
    ['calls over another channel', [FIRST_RPC + 1, 0xa0], { channel: 1 }],
    ['agrees to nothing', [Service.RpcTable, 1, 9]],
    ['agrees again', [Service.RpcTable, 1, 0]],
    ['agrees at length', [Service.RpcTable, 1, 0, 0]],
    ['says nothing about tables', [Service.RpcTable]],
    ['sends another kind of table', [Service.RpcTable, 7, 0xa0]],
    ['sends a table unreliably', table('new', row()), { mode: Unreliable }],
    ['sends the same table again', table('', row())],
    ['sends a table without a name', [Service.RpcTable, 0, 0x07]],
    ['sends an empty table', [Service.RpcTable, 0]],
    ['sends a set with a long name', table('x'.repeat(65))],
    ['sends rows that are none', table('new', 'x')],
    ['sends rows that are short', table('new', ['x'])],
    ['sends rows without a name', table('new', row([0, '']))],
    ['sends rows with a long name', table('new', row([0, 'x'.repeat(65)]))],
    ['sends a kind that is none', table('new', row([1, 2]))],
    ['sends a kind that is a name of Array’s', table('new', row([1, 'length']))],
    ['sends a mode that is none', table('new', row([2, -1]))],
    ['sends a transfer mode that is none', table('new', row([3, 0.5]))],
    ['sends a channel that is none', table('new', row([4, 33]))],
    ['sends a lane that is none', table('new', row([5, null]))],
    ['sends a time that is none', table('new', row([6, 1]))],
    ['sends validators that are none', table('new', row([7, {}]))],
    ['sends a name twice', table('new', row(), row())],
    ['sends rows that are not sorted', table('new', row(), row([0, 'a']))],
    ['sends too many rows', table('new', ...Array.from({ length: 1_022 }, (_, i) => row([0, String(10_000 + i)])))],
    ['sends a reply unreliably', [Service.RpcReply, 0, 1, 0], { mode: Unreliable }],
    ['cuts off a reply', [Service.RpcReply, 0, 1]],
    ['sends a reply that is no msgpack', [Service.RpcReply, 0, 1, 0, 0xc1]],
    ['sends a reply with three values', [Service.RpcReply, 0, 1, 0, 1, 2, 3]],
  ])('%s: it is dropped, counted, and does no harm', async (_what, bytes, how) => {
    const { send, victim, hub, calls } = await forged(definitions)
    await send(bytes, how)
    expect(victim.peer.rejections.map(({ from, error }) => [from, error.code])).toEqual([[1, 'ERR_INVALID_DATA']])
    const answer = calls.ask.to(2)('still there?')
    await hub.flush()
    expect(await answer).toBe('still there?')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('answers what it was asked with nonsense: the request ends or times out, and it is counted', async () => {
    const { hub, members, rpcs } = await agreed(2, () => definitions)
    const reply = async (...bytes: number[]) => {
      const answer = rpcs[0]!.ask
        .to(2, { timeoutMs: 100 })('x')
        .then(
          (value: unknown) => value,
          (error: { code: string; message: string }) => [error.code, error.message],
        )
      const request = hub.sent.at(-1)!.bytes
      hub.lose()
      const message = Uint8Array.of(Service.RpcReply, bytes[0]!, request[1]!, request[2]!, ...bytes.slice(1))
      hub.post({ from: 2, to: 1, bytes: message, mode: Reliable, channel: 0 })
      await hub.flush()
      hub.clock.advance(100)
      return answer
    }
    const text = (content: string) => [0xa0 + content.length, ...Buffer.from(content)]
    expect(await reply(0, ...text('fine'))).toBe('fine')
    expect(await reply(9, ...text('a'), ...text('b'))).toMatchObject(['ERR_TIMEOUT', {}])
    expect(await reply(2, 7, 8)).toMatchObject(['ERR_TIMEOUT', {}])
    expect(await reply(0, 7, 8)).toMatchObject(['ERR_TIMEOUT', {}])
    expect(members[0]!.peer.rejections).toHaveLength(3)
    expect(await reply(1, ...text('toString'), ...text(''))).toMatchObject(['ERR_RPC_FAILED', {}])
    expect(await reply(1, ...text('ERR_KICKED'), ...text(''))).toMatchObject(['ERR_RPC_FAILED', {}])
    // A code of ours is the handler's word only.
    expect(await reply(2, ...text('ERR_KICKED'), ...text('a\nb'))).toEqual(['ERR_KICKED', 'a b'])
  })

  it('defines sets without end: there is one', async () => {
    const hub = new Hub()
    const victim = hub.add(1)
    hub.add(2)
    for (let i = 0; i < 40; i++) {
      hub.post({ from: 2, to: 1, bytes: Uint8Array.from(table(`set${i}`)), mode: Reliable, channel: 0 })
    }
    await hub.flush()
    expect(victim.peer.rejections).toHaveLength(8)
  })
})
