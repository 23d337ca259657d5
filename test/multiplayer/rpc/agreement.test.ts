import { describe, expect, it } from 'vitest'
import { MAX_WAITING_CALLS, RPC_AGREEMENT_TIMEOUT_MS } from '../../../src/multiplayer/rpc/constants.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import type { StandardSchema } from '../../../src/multiplayer/rpc/standard-schema.ts'
import type { RpcDefinitions } from '../../../src/multiplayer/rpc/types.ts'
import { encodeAgreed } from '../../../src/multiplayer/rpc/wire.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { NetError } from '../../../src/net/errors.ts'
import { rejection, thrown } from '../../support/net-errors.ts'
import { Hub } from './hub.ts'

const none = () => {}

/** Peers 1 and 2 that define these. */
async function two(first: RpcDefinitions, second: RpcDefinitions) {
  const hub = new Hub()
  const [a, b] = [hub.add(1), hub.add(2)]
  a.api.rpcs(first)
  b.api.rpcs(second)
  await hub.flush()
  return { hub, a, b }
}

/** A validator that can say what it takes. */
function described(schema: unknown): StandardSchema<string> {
  const validate = (value: unknown) => ({ value: value as string })
  return { '~standard': { version: 1, vendor: 'test', validate, jsonSchema: { input: () => schema } } }
}

describe('peers that define the same', () => {
  it('agree, in whatever order they name it, and whatever only they need to know', async () => {
    const { a, b } = await two(
      {
        x: rpc.reliable('any_peer', none),
        y: rpc.unreliable('any_peer', { callLocal: true, numbers: 'float32' }, none),
      },
      { y: rpc.unreliable('any_peer', { rateLimit: false }, none), x: rpc.reliable('any_peer') },
    )
    expect([...a.mismatches, ...b.mismatches]).toEqual([])
    expect(a.errors).toEqual([])
  })

  it('mean the same by their calls, in whatever order they define their sets', async () => {
    const hub = new Hub()
    const heard: string[] = []
    const set = (name: string, id: number) => ({
      go: rpc.reliable('any_peer', { callLocal: false }, ({ sender }) => heard.push(`${id}: ${name} from ${sender}`)),
      stop: rpc.reliable('any_peer', none),
    })
    const [a, b] = [hub.add(1), hub.add(2)]
    const [one, two_] = ['one', 'two'].map((name) => a.api.rpcs(set(name, 1), { set: name }))
    const [two2, one2] = ['two', 'one'].map((name) => b.api.rpcs(set(name, 2), { set: name }))
    await hub.flush()
    one!.go()
    two_!.go()
    one2!.go()
    two2!.go()
    await hub.flush()
    expect(heard.sort()).toEqual(['1: one from 2', '1: two from 2', '2: one from 1', '2: two from 1'])
  })
})

describe('calls that waited for the agreement', () => {
  it('and name a channel that is not there are the fault of their caller, not of the peer that agreed', async () => {
    const hub = new Hub()
    const [a, b] = [hub.add(1), hub.add(2)]
    const define = () => ({
      go: rpc.reliable('any_peer', { channel: 3 }, none),
      ask: rpc.request('any_peer', { channel: 3 }, () => 1),
    })
    const real = a.peer.sendService.bind(a.peer)
    a.peer.sendService = (bytes, options) => {
      if (options?.channel === 3) throw new NetError('ERR_INVALID_PARAMETER', 'There is no channel 3.')
      return real(bytes, options)
    }
    const calls = a.api.rpcs(define())
    calls.go.to(2)()
    const answer = rejection(calls.ask.to(2)())
    b.api.rpcs(define())
    await hub.flush()
    expect(await answer).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
    expect([a.codes, a.peer.rejections]).toEqual([['ERR_INVALID_PARAMETER'], []])
  })
})

describe('peers that define something else', () => {
  it.each<[string, RpcDefinitions, RpcDefinitions, string]>([
    [
      'another mode',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('authority', none) },
      'x: mode is "any_peer" here and "authority" there',
    ],
    [
      'another transfer mode',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.unreliable('any_peer', none) },
      'x: transfer mode is "reliable" here and "unreliable" there',
    ],
    [
      'another kind',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.request('any_peer', none) },
      'x: kind is "call" here and "request" there',
    ],
    [
      'another channel',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('any_peer', { channel: 2 }, none) },
      'x: channel is 0 here and 2 there',
    ],
    [
      'another lane',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('any_peer', { lane: 'bulk' }, none) },
      'x: lane is "" here and "bulk" there',
    ],
    [
      'times',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('any_peer', { timed: true }, none) },
      'x: timed is false here and true there',
    ],
    [
      'more arguments',
      { x: rpc.reliable('any_peer', { args: [described(1)] }, none) },
      { x: rpc.reliable('any_peer', { args: [described(1), described(1)] }, none) },
      'x: validators is "1 of arguments, 340ca71c" here and "2 of arguments, 5c10db57" there',
    ],
    [
      'other arguments',
      { x: rpc.reliable('any_peer', { args: [described({ type: 'string' })] }, none) },
      { x: rpc.reliable('any_peer', { args: [described({ type: 'number' })] }, none) },
      'x: validators is "1 of arguments, 5bcb2a76" here and "1 of arguments, 9d0d8a0b" there',
    ],
    [
      'one more',
      { x: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('any_peer', none), y: rpc.reliable('any_peer', none) },
      'y: only defined there',
    ],
    [
      'one less',
      { x: rpc.reliable('any_peer', none), y: rpc.reliable('any_peer', none) },
      { x: rpc.reliable('any_peer', none) },
      'y: only defined here',
    ],
  ])('(%s) are told what differs, and cannot be called', async (what, first, second, difference) => {
    const { a, b } = await two(first, second)
    if (what.endsWith('arguments'))
      expect(a.mismatches[0]!.differences[0]).toMatch(/^x: validators is ".+" here and ".+" there$/)
    else expect(a.mismatches).toEqual([{ peer: 2, differences: [difference] }])
    expect(b.mismatches).toHaveLength(1)
    expect(a.peer.rejections).toEqual([])
  })

  it('are left out of calls to everyone, and refuse those to them', async () => {
    const hub = new Hub()
    const heard: number[] = []
    const ours = (id: number) => ({
      go: rpc.reliable('any_peer', () => heard.push(id)),
      ask: rpc.request('any_peer', () => id),
    })
    const [a, b, c] = [hub.add(1), hub.add(2), hub.add(3)]
    const calls = a.api.rpcs(ours(1))
    b.api.rpcs({ ...ours(2), more: rpc.reliable('any_peer', none) })
    c.api.rpcs(ours(3))
    const early = calls.ask.to(2)()
    expect((await Promise.all([rejection(early), hub.flush()]))[0].code).toBe('ERR_RPC_MISMATCH')
    calls.go()
    calls.go.toAllBut(3)()
    expect(thrown(() => calls.go.to(2)())).toMatchObject({
      code: 'ERR_RPC_MISMATCH',
      message: 'Peer 2 defines the RPCs otherwise, so they cannot be called there. more: only defined there.',
    })
    expect(thrown(() => calls.go.to([3, 2])()).code).toBe('ERR_RPC_MISMATCH')
    expect((await rejection(calls.ask.to(2)())).code).toBe('ERR_RPC_MISMATCH')
    await hub.flush()
    expect(heard).toEqual([3])
    expect(a.mismatches.map(({ peer }) => peer)).toEqual([2])
  })

  it('in one set can be called in another', async () => {
    const hub = new Hub()
    const heard: string[] = []
    const [a, b] = [hub.add(1), hub.add(2)]
    const base = { chat: rpc.reliable('any_peer', () => heard.push('chat')) }
    const calls = a.api.rpcs(base)
    b.api.rpcs(base)
    a.api.rpcs({ buy: rpc.reliable('any_peer', none) }, { set: 'shop' })
    b.api.rpcs({ buy: rpc.reliable('authority', none) }, { set: 'shop' })
    await hub.flush()
    calls.chat.to(2)()
    await hub.flush()
    expect(heard).toEqual(['chat'])
    expect(a.mismatches).toEqual([{ peer: 2, differences: ['buy: mode is "any_peer" here and "authority" there'] }])
  })

  it('are told the first 32 differences', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`a${i}`, rpc.reliable('any_peer', none)]))
    const { a } = await two(many, { b: rpc.reliable('any_peer', none) })
    expect(a.mismatches[0]!.differences).toHaveLength(33)
    expect(a.mismatches[0]!.differences.at(-1)).toBe('and 69 more')
  })
})

describe('before a peer has defined an RPC', () => {
  const heard: string[] = []
  const definitions = {
    say: rpc.reliable('any_peer', (_context, text: string) => heard.push(text)),
    move: rpc.unreliable('any_peer', (_context, x: number) => heard.push(`at ${x}`)),
    ask: rpc.request('any_peer', (_context, text: string) => `${text}?`),
  }

  function late() {
    heard.length = 0
    const hub = new Hub()
    const [a, b] = [hub.add(1), hub.add(2)]
    return { hub, a, b, calls: a.api.rpcs(definitions) }
  }

  it('reliable calls wait for it, in order, and unreliable ones are lost', async () => {
    const { hub, b, calls } = late()
    await hub.flush()
    calls.say('one')
    calls.move(3)
    calls.say.to(2)('two')
    const answer = calls.ask.to(2)('three')
    await hub.flush()
    hub.clock.advance(2_000)
    expect(heard).toEqual([])
    b.api.rpcs(definitions)
    await hub.flush()
    expect(heard).toEqual(['one', 'two'])
    expect(await answer).toBe('three?')
    calls.move(4)
    await hub.flush()
    expect(heard).toEqual(['one', 'two', 'at 4'])
    expect(hub.clock.pendingTimers).toBe(0)
  })

  it('a request that is given up meanwhile is not made', async () => {
    const { hub, b, calls } = late()
    const aborting = new AbortController()
    const first = calls.ask.to(2)('never')
    const second = calls.ask.to(2, { signal: aborting.signal })('nor this')
    const third = calls.ask.to(2, { timeoutMs: 3_000 })('nor that')
    aborting.abort()
    hub.clock.advance(3_000)
    expect((await rejection(second)).code).toBe('ERR_ABORTED')
    expect((await rejection(third)).code).toBe('ERR_TIMEOUT')
    b.api.rpcs(definitions)
    await hub.flush()
    expect(await first).toBe('never?')
    expect(hub.sent.filter(({ bytes }) => bytes[0]! >= 16)).toHaveLength(1)
  })

  it('calls wait for so long, then are dropped with a report; later it can be called all the same', async () => {
    const { hub, a, b, calls } = late()
    calls.say('one')
    const answer = calls.ask.to(2, { timeoutMs: 60_000 })('two')
    hub.clock.advance(RPC_AGREEMENT_TIMEOUT_MS)
    expect((await rejection(answer)).code).toBe('ERR_UNAVAILABLE')
    expect(a.errors.map(({ code, message }) => [code, message])).toEqual([
      ['ERR_UNAVAILABLE', 'Peer 2 has not defined any RPCs; 2 calls that waited for it were dropped.'],
    ])
    calls.say('left out')
    expect(thrown(() => calls.say.to(2)('three')).code).toBe('ERR_UNAVAILABLE')
    b.api.rpcs(definitions)
    await hub.flush()
    calls.say('four')
    await hub.flush()
    expect(heard).toEqual(['four'])
    expect(a.errors).toHaveLength(1)
  })

  it('a bounded number of calls waits', async () => {
    const { hub, a, calls } = late()
    for (let i = 0; i < MAX_WAITING_CALLS; i++) expect(calls.say('x')).toBe(true)
    expect(a.errors).toEqual([])
    expect(calls.say('x')).toBe(false)
    expect(a.codes).toEqual(['ERR_UNAVAILABLE'])
    expect(hub.clock.pendingTimers).toBe(0)
    const large = late()
    large.calls.say('x'.repeat(300_000))
    expect(large.a.codes).toEqual(['ERR_UNAVAILABLE'])
  })

  it('with autoPoll: false nothing is given up but within poll', async () => {
    heard.length = 0
    const hub = new Hub()
    const a = hub.add(1, { polled: true })
    hub.add(2)
    const calls = a.api.rpcs(definitions)
    calls.say('one')
    let failed: unknown
    calls.ask
      .to(2, { timeoutMs: 100 })('x')
      .catch((error: unknown) => {
        failed = error
      })
    hub.clock.advance(RPC_AGREEMENT_TIMEOUT_MS)
    await hub.flush()
    expect([a.errors, failed, hub.clock.pendingTimers]).toEqual([[], undefined, 0])
    a.api.poll()
    await hub.flush()
    expect(a.codes).toEqual(['ERR_UNAVAILABLE'])
    expect(failed).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('whoever leaves meanwhile leaves nothing behind, and whoever comes is told', async () => {
    const { hub, b, calls } = late()
    calls.say('to nobody')
    const answer = calls.ask.to(2)('to nobody')
    hub.remove(2)
    expect((await rejection(answer)).code).toBe('ERR_CONNECTION_ERROR')
    expect(hub.clock.pendingTimers).toBe(0)
    expect(thrown(() => calls.say.to(2)('gone')).code).toBe('ERR_INVALID_PARAMETER')
    const c = hub.add(3)
    c.api.rpcs(definitions)
    await hub.flush()
    calls.say('hello')
    await hub.flush()
    expect(heard).toEqual(['hello'])
    expect(b.errors).toEqual([])
  })

  it('whoever takes the place of one that had agreed is waited for like any other', async () => {
    const { hub, b, calls } = late()
    b.api.rpcs(definitions)
    await hub.flush()
    hub.remove(2)
    const c = hub.add(3)
    calls.say('hello')
    await hub.flush()
    expect([heard, c.peer.rejections]).toEqual([[], []])
    c.api.rpcs(definitions)
    await hub.flush()
    expect(heard).toEqual(['hello'])
  })

  it('a peer that agrees to what it then defines otherwise is called no more', async () => {
    const hub = new Hub()
    const [a, liar, c] = [hub.add(1), hub.add(2), hub.add(3)]
    heard.length = 0
    const calls = a.api.rpcs(definitions)
    c.api.rpcs(definitions)
    await hub.flush()
    hub.post({ from: 2, to: 1, bytes: encodeAgreed(0), mode: TransferMode.Reliable, channel: 0 })
    await hub.flush()
    liar.api.rpcs({ say: rpc.reliable('authority', none) })
    await hub.flush()
    hub.sent.length = 0
    calls.say('hello')
    await hub.flush()
    expect(hub.sent.map(({ to }) => to)).toEqual([3])
    expect(heard).toEqual(['hello'])
    expect(thrown(() => calls.say.to(2)('hello')).code).toBe('ERR_RPC_MISMATCH')
    // The newcomer makes the numbers as if everyone had agreed.
    const d = hub.add(4)
    calls.say('again')
    d.api.rpcs(definitions)
    await hub.flush()
    expect(heard).toEqual(['hello', 'again', 'again'])
    expect([...c.errors, ...d.errors]).toEqual([])
  })

  it('a set is defined once', () => {
    const { a } = late()
    expect(thrown(() => a.api.rpcs(definitions)).code).toBe('ERR_ALREADY_IN_USE')
    a.api.rpcs(definitions, { set: 'other' })
    expect(thrown(() => a.api.rpcs({}, { set: 'other' })).code).toBe('ERR_ALREADY_IN_USE')
    expect(thrown(() => a.api.rpcs({}, { set: 'x'.repeat(65) })).code).toBe('ERR_INVALID_PARAMETER')
  })
})
