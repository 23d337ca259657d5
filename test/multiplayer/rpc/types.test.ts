// What compiles and what does not: `npm run check` compiles this file, and an expected error that is none is an error.

import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import type { DisabledRpc, RpcContext, RpcDefinitions, RpcMode, Rpcs } from '../../../src/multiplayer/rpc/types.ts'
import type { PacketValue } from '../../../src/multiplayer/types.ts'

interface Receipt {
  readonly item: string
  readonly price: number
}

/** Refers to itself. */
interface Tree {
  readonly at: Date
  readonly bytes?: Uint8Array
  readonly branches: readonly Tree[]
}

const definitions = {
  chat: rpc.reliable('any_peer', (_context, _text: string) => {}),
  shoot: rpc.unreliable('any_peer', { numbers: 'float32' }, (_context, _x: number, _y: number, _angle: number) => {}),
  buy: rpc.request('authority', async (_context, item: string): Promise<Receipt> => ({ item, price: 1 })),
  count: rpc.request('any_peer', { timed: true }, () => 3),
  name: rpc.reliable(
    'any_peer',
    { args: [v.pipe(v.string(), v.maxLength(20)), v.optional(v.number())] },
    (_c, name, n) => {
      expectTypeOf(name).toEqualTypeOf<string>()
      expectTypeOf(n).toEqualTypeOf<number | undefined>()
    },
  ),
  at: rpc.request('any_peer', { args: [v.pipe(v.string(), v.transform(Number))], result: v.string() }, (_c, n) => {
    expectTypeOf(n).toEqualTypeOf<number>()
    return String(n)
  }),
  later: rpc.reliable<[text: string]>('any_peer', { callLocal: true }),
  ask: rpc.request<[item: string], Receipt>('any_peer'),
  optional: rpc.reliable('any_peer', (_context, _a: number, _b?: string) => {}),
  rest: rpc.reliable('any_peer', (_context, ..._all: number[]) => {}),
  off: rpc.reliable('disabled', (_context, _text: string) => {}),
  start: rpc.reliable('authority', () => {}),
  tree: rpc.request('any_peer', (_context, tree: Tree, _value: PacketValue) => tree),
  raw: rpc.reliable('any_peer', (_context, _value: unknown) => {}),
}

// Neither of these two is ever called: they are there to be compiled.
function calls(room: { rpcs<D extends RpcDefinitions>(definitions: D): Rpcs<D> }, signal: AbortSignal): void {
  const game = room.rpcs(definitions)

  expectTypeOf(game.chat('hello')).toEqualTypeOf<boolean>()
  game.chat.to(3)('hello')
  game.chat.to([3, 4])('hello')
  game.chat.toAllBut(3)('hello')
  game.chat.toHost()('hello')
  // @ts-expect-error: a number is no string
  game.chat(3)
  // @ts-expect-error: nothing is said
  game.chat()
  // @ts-expect-error: too much is said
  game.chat('hello', 'again')
  // @ts-expect-error: there is no such RPC
  game.chatt('hello')
  // @ts-expect-error: a peer is a number
  game.chat.to('3')('hello')

  game.shoot.to(3)(1, 2, 0.5)
  // @ts-expect-error: an argument is missing
  game.shoot.to(3)(1, 2)

  expectTypeOf(game.buy.toHost({ timeoutMs: 2_000, signal })('sword')).toEqualTypeOf<Promise<Receipt>>()
  expectTypeOf(game.count.to(3)()).toEqualTypeOf<Promise<number>>()
  // @ts-expect-error: a request goes to one peer
  game.buy('sword')
  // @ts-expect-error: a request goes to one peer
  game.buy.to([1, 2])('sword')
  // @ts-expect-error: a request goes to one peer
  game.buy.toAllBut(3)('sword')
  // @ts-expect-error: not what it takes
  game.buy.to(1)(7)
  // @ts-expect-error: calls have no reply to wait for
  game.chat.to(3, { timeoutMs: 3 })('hello')
  // @ts-expect-error: there is no such option
  game.buy.to(1, { timeout: 3 })

  game.name('Ada')
  game.name('Ada', 3)
  // @ts-expect-error: not what its validators take
  game.name(3)
  // Given as text, handled as a number, answered as text.
  expectTypeOf(game.at.to(3)('7')).toEqualTypeOf<Promise<string>>()
  // @ts-expect-error: not what its validators take
  game.at.to(3)(7)

  game.later('hello')
  // @ts-expect-error: not the type that was given
  game.later(3)
  expectTypeOf(game.ask.to(3)('sword')).toEqualTypeOf<Promise<Receipt>>()

  game.optional(1)
  game.optional(1, 'b')
  // @ts-expect-error: not what it takes
  game.optional(1, 2)
  game.rest()
  game.rest(1, 2, 3)
  // @ts-expect-error: not what it takes
  game.rest(1, 'b')
  game.start()
  expectTypeOf(game.tree.to(1)({ at: new Date(), branches: [] }, [1])).toEqualTypeOf<Promise<Tree>>()
  game.raw({ any: ['value', 1] })

  // The same where they are defined on the spot.
  const inline = room.rpcs({
    chat: rpc.reliable('any_peer', { callLocal: true }, ({ sender }, _text: string) => sender),
    ask: rpc.request('any_peer', async (_context, n: number) => ({ n })),
    at: rpc.unreliable('any_peer', { args: [v.number()] }, (_context, n) => expectTypeOf(n).toEqualTypeOf<number>()),
    all: rpc.reliable('authority', ({ sender }, ..._all: unknown[]) => sender),
  })
  inline.chat('hello')
  inline.at(1)
  inline.all(1, 'b')
  expectTypeOf(inline.ask.to(1)(3)).toEqualTypeOf<Promise<{ n: number }>>()
  // @ts-expect-error: a number is no string
  inline.chat(3)
  // @ts-expect-error: a request goes to one peer
  inline.ask(3)

  expectTypeOf(game.off).toEqualTypeOf<DisabledRpc>()
  // @ts-expect-error: it is disabled
  game.off('hello')
}

function wrongDefinitions(mode: RpcMode): void {
  expectTypeOf(rpc.reliable(mode, (_context, _text: string) => {}).handle)
    .parameter(0)
    .toExtend<(context: RpcContext, text: string) => unknown>()
  definitions.later.handle((context, text) => {
    expectTypeOf(context).toEqualTypeOf<RpcContext>()
    expectTypeOf(text).toEqualTypeOf<string>()
  })
  definitions.ask.handle(async (_context, item) => ({ item, price: 3 }))
  // @ts-expect-error: not what was promised
  definitions.ask.handle(async () => 'a sword')
  // @ts-expect-error: not what is given
  definitions.later.handle((_context, _text: number) => {})

  // @ts-expect-error: not a mode
  rpc.reliable('everybody', () => {})
  // @ts-expect-error: functions do not travel
  rpc.reliable('any_peer', (_context, _callback: () => void) => {})
  // @ts-expect-error: Maps do not travel, however deep they are
  rpc.reliable('any_peer', (_context, _state: { players: Map<string, number> }) => {})
  // @ts-expect-error: nor do they come back
  rpc.request('any_peer', () => new Map<string, number>())
  // @ts-expect-error: unreliable packets have no lane
  rpc.unreliable('any_peer', { lane: 'control' }, () => {})
  // @ts-expect-error: a request is made of one peer, and may always be made of oneself
  rpc.request('any_peer', { callLocal: true }, () => 1)
  // @ts-expect-error: a call has no result
  rpc.reliable('any_peer', { result: v.string() }, () => 'a')
  // @ts-expect-error: a validator for the only argument, and two arguments
  rpc.reliable('any_peer', { args: [v.string()] }, (_context, _a: string, _b: string) => {})
  // @ts-expect-error: the validator gives a string
  rpc.reliable('any_peer', { args: [v.string()] }, (_context, _a: number) => {})
  // @ts-expect-error: the validator of the result takes a string
  rpc.request('any_peer', { args: [v.string()], result: v.string() }, (_context, a) => a.length)
}

describe('the types of RPCs', () => {
  it('are inferred from the handlers, on both sides', () => {
    expectTypeOf<Rpcs<typeof definitions>['chat']>().toBeCallableWith('hello')
    expectTypeOf<Parameters<Rpcs<typeof definitions>['shoot']>>().toEqualTypeOf<[number, number, number]>()
    expectTypeOf(calls).toBeFunction()
    expectTypeOf(wrongDefinitions).toBeFunction()
  })
})
