import { describe, expect, it } from 'vitest'
import { DEFAULT_REQUEST_TIMEOUT_MS, MAX_PENDING_REQUESTS } from '../../../src/multiplayer/rpc/constants.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import { RpcError } from '../../../src/multiplayer/rpc/rpc-error.ts'
import type { PacketValue } from '../../../src/multiplayer/types.ts'
import { rejection } from '../../support/net-errors.ts'
import { agreed } from './hub.ts'

/** Peers that are asked for what `answer` gives. */
function askable(answer: (question: PacketValue) => unknown) {
  return agreed(3, () => ({
    ask: rpc.request('any_peer', (_context, question: PacketValue) => answer(question) as PacketValue),
  }))
}

describe('a request', () => {
  it('resolves to what the handler returns, now or later', async () => {
    const { hub, rpcs } = await agreed(2, ({ id }) => ({
      now: rpc.request('any_peer', ({ sender }, n: number) => ({ n, sender, at: id })),
      later: rpc.request('any_peer', async (_context, n: number) => [n, undefined, Uint8Array.of(1)]),
      nothing: rpc.request('any_peer', () => {}),
      small: rpc.request('any_peer', { numbers: 'float32' }, () => 0.1),
    }))
    const { now, later, nothing, small } = rpcs[0]!
    const answers = [now.to(2)(7), later.to(2)(8), nothing.to(2)(), small.to(2)()]
    await hub.flush()
    expect(await Promise.all(answers)).toEqual([
      { n: 7, sender: 1, at: 2 },
      [8, undefined, Uint8Array.of(1)],
      undefined,
      Math.fround(0.1),
    ])
  })

  it('gets its own reply, in whatever order they come', async () => {
    const open: ((text: string) => void)[] = []
    const { hub, rpcs } = await askable(() => new Promise((resolve) => open.push(resolve)))
    const answers = ['a', 'b', 'c'].map((question) => rpcs[0]!.ask.to(2)(question))
    await hub.flush()
    open[2]!('third')
    open[0]!('first')
    open[1]!('second')
    await hub.flush()
    expect(await Promise.all(answers)).toEqual(['first', 'second', 'third'])
    expect(hub.clock.pendingTimers).toBe(0)
  })

  it.each([
    ['at once', ['called', 'next', 'reply']],
    ['later', ['next', 'called', 'reply']],
  ])('is replied to (%s) after what its handler called, and overtaken by the next call', async (when, order) => {
    const log: string[] = []
    let tell = (_id: number, _text: string): void => {}
    const answer = (id: number) => {
      tell(id, 'called')
      return 'reply'
    }
    const { hub, rpcs } = await agreed(2, () => ({
      note: rpc.reliable('any_peer', (_context, text: string) => void log.push(text)),
      ask: rpc.request('any_peer', ({ sender }): string | Promise<string> =>
        when === 'later' ? Promise.resolve(sender).then(answer) : answer(sender),
      ),
      poke: rpc.reliable('any_peer', ({ sender }) => tell(sender, 'next')),
    }))
    const [one, two] = rpcs
    tell = (id, text) => two!.note.to(id)(text)
    const replied = one!.ask.to(2)()
    one!.poke.to(2)()
    void replied.then((text) => log.push(text))
    await hub.flush()
    await replied
    expect(log).toEqual(order)
  })

  it('to the host, and to this peer itself, works like any other', async () => {
    const { hub, rpcs } = await agreed(2, ({ id }) => ({
      who: rpc.request('any_peer', ({ sender }) => `${id} for ${sender}`),
      broken: rpc.request('any_peer', () => {
        throw new Error('oh')
      }),
      refuses: rpc.request('any_peer', () => {
        throw new RpcError('NO')
      }),
      slow: rpc.request('any_peer', () => new Promise<number>(() => {})),
    }))
    const answers = [rpcs[1]!.who.toHost()(), rpcs[0]!.who.toHost()(), rpcs[1]!.who.to(2)()]
    await hub.flush()
    expect(await Promise.all(answers)).toEqual(['1 for 2', '1 for 1', '2 for 2'])
    expect((await rejection(rpcs[0]!.broken.to(1)())).code).toBe('ERR_RPC_FAILED')
    await expect(rpcs[0]!.refuses.to(1)()).rejects.toMatchObject({ name: 'RpcError', code: 'NO' })
    const slow = rpcs[0]!.slow.to(1, { timeoutMs: 10 })()
    await hub.flush()
    hub.clock.advance(10)
    expect((await rejection(slow)).code).toBe('ERR_TIMEOUT')
  })

  it('of the authority is answered by the host alone, whoever asks', async () => {
    const { hub, members, rpcs } = await agreed(3, ({ id }) => ({
      buy: rpc.request('authority', (_context, item: string) => `${item} from ${id}`),
    }))
    const answers = [rpcs[1]!.buy.toHost()('sword'), rpcs[2]!.buy.to(1)('bow'), rpcs[0]!.buy.toHost()('axe')]
    await hub.flush()
    expect(await Promise.all(answers)).toEqual(['sword from 1', 'bow from 1', 'axe from 1'])
    expect((await rejection(rpcs[1]!.buy.to(3)('sword'))).code).toBe('ERR_UNAUTHORIZED')
    // Who is asked decides by what it knows itself.
    const misled = rpcs[1]!.buy.toHost()('shield')
    hub.host = 3
    await hub.flush()
    expect((await rejection(misled)).code).toBe('ERR_UNAUTHORIZED')
    expect(members[0]!.peer.rejections).toEqual([])
  })
})

describe('a request that fails', () => {
  it('carries the code and the sentence of an RpcError', async () => {
    const { hub, members, rpcs } = await askable(() => {
      throw new RpcError('NOT_ENOUGH_GOLD', 'You have\n3 gold.\u202e')
    })
    const answer = rpcs[0]!.ask.to(2)('sword')
    const failure = expect(answer).rejects.toMatchObject({
      name: 'RpcError',
      code: 'NOT_ENOUGH_GOLD',
      message: 'You have 3 gold.',
    })
    await hub.flush()
    await failure
    await expect(answer).rejects.toBeInstanceOf(RpcError)
    expect(members[1]!.errors).toEqual([])
  })

  it('says nothing of any other error but that there was one; it is reported where it was thrown', async () => {
    const cause = new Error('the password of the database is 1234')
    const { hub, members, rpcs } = await askable((question) => {
      if (question === 'now') throw cause
      return Promise.reject(cause)
    })
    const answers = [rejection(rpcs[0]!.ask.to(2)('now')), rejection(rpcs[0]!.ask.to(2)('later'))]
    await hub.flush()
    for (const error of await Promise.all(answers)) {
      expect(error).toMatchObject({
        code: 'ERR_RPC_FAILED',
        message: 'Peer 2 could not answer "ask": its handler failed.',
      })
    }
    for (const { bytes } of hub.sent) expect(Buffer.from(bytes).includes('database')).toBe(false)
    expect(members[1]!.errors.map((error) => [error.code, error.cause])).toEqual([
      ['ERR_RPC_FAILED', cause],
      ['ERR_RPC_FAILED', cause],
    ])
  })

  it('of which the result cannot be sent is reported there', async () => {
    const { hub, members, rpcs } = await askable(() => Symbol('x'))
    const answer = rejection(rpcs[0]!.ask.to(2)(1))
    await hub.flush()
    expect((await answer).code).toBe('ERR_RPC_FAILED')
    expect(members[1]!.errors.map(({ message }) => message)).toEqual([
      'The handler of "ask", called by peer 1, failed: The value at [0] cannot be sent: it is a symbol.',
    ])
  })

  it('takes no longer than it may', async () => {
    const { hub, members, rpcs } = await askable((question) =>
      question === 'slow' ? new Promise((resolve) => hub.clock.setTimeout(() => resolve('late'), 9_000)) : question,
    )
    const { ask } = rpcs[0]!
    const [byDefault, soon] = [ask.to(2)('slow'), ask.to(2, { timeoutMs: 50 })('slow')]
    await hub.flush()
    hub.clock.advance(50)
    expect(await rejection(soon)).toMatchObject({
      code: 'ERR_TIMEOUT',
      message: 'No reply to "ask" from peer 2 within 50 ms.',
    })
    hub.clock.advance(DEFAULT_REQUEST_TIMEOUT_MS - 50)
    expect((await rejection(byDefault)).code).toBe('ERR_TIMEOUT')
    // The replies that come all the same are counted, and change nothing.
    hub.clock.advance(9_000)
    await hub.flush()
    expect(members[0]!.api.rpcStats.lateReplies).toBe(2)
    expect(members[0]!.peer.rejections).toEqual([])
    const next = ask.to(2)('quick')
    await hub.flush()
    expect(await next).toBe('quick')
  })

  it('ends when its signal is aborted, before or after', async () => {
    const { hub, rpcs } = await askable(() => new Promise(() => {}))
    const controller = new AbortController()
    const answer = rpcs[0]!.ask.to(2, { signal: controller.signal })(1)
    await hub.flush()
    controller.abort('enough')
    expect(await rejection(answer)).toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' })
    hub.sent.length = 0
    expect((await rejection(rpcs[0]!.ask.to(2, { signal: controller.signal })(1))).code).toBe('ERR_ABORTED')
    expect(hub.sent).toEqual([])
    expect(hub.clock.pendingTimers).toBe(0)
  })

  it('ends when the peer goes, or this one is closed', async () => {
    const { hub, members, rpcs } = await askable(() => new Promise(() => {}))
    const [toTwo, toThree, toMyself] = [2, 3, 1].map((id) => rejection(rpcs[0]!.ask.to(id)(1)))
    await hub.flush()
    hub.remove(2)
    expect((await toTwo!).code).toBe('ERR_CONNECTION_ERROR')
    await members[0]!.api.close()
    expect((await toThree!).code).toBe('ERR_CONNECTION_ERROR')
    expect((await toMyself!).code).toBe('ERR_UNCONFIGURED')
    expect(hub.clock.pendingTimers).toBe(0)
    expect((await rejection(rpcs[0]!.ask.to(3)(1))).code).toBe('ERR_UNCONFIGURED')
  })

  it('of a peer that left is not answered to the one that has its id now', async () => {
    let answer: (text: string) => void = () => {}
    const { hub, rpcs } = await askable(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const gone = rejection(rpcs[1]!.ask.to(1)('mine'))
    await hub.flush()
    hub.remove(2)
    hub.add(2)
    await hub.flush()
    hub.sent.length = 0
    answer('for the one who asked')
    await hub.flush()
    expect(hub.sent).toEqual([])
    // Whoever is removed is not told by this hub: its request ends by its time.
    hub.clock.advance(DEFAULT_REQUEST_TIMEOUT_MS)
    expect((await gone).code).toBe('ERR_TIMEOUT')
  })

  it('rejects, whatever is wrong with it, and sends nothing', async () => {
    const { hub, rpcs } = await askable((question) => question)
    const { ask } = rpcs[0]!
    for (const promise of [
      ask.to(9)(1),
      ask.to(0)(1),
      ask.to(2, { timeoutMs: 0 })(1),
      ask.to(2, { timeoutMs: Number.NaN })(1),
      ask.to(2, { timeoutMs: 600_001 })(1),
      ask.to(2)((() => {}) as unknown as PacketValue),
    ]) {
      expect((await rejection(promise)).code).toBe('ERR_INVALID_PARAMETER')
    }
    expect(hub.sent).toEqual([])
    expect(hub.clock.pendingTimers).toBe(0)
  })

  it('is one of a bounded number', async () => {
    const { hub, rpcs } = await askable(() => new Promise(() => {}))
    const answers = Array.from({ length: MAX_PENDING_REQUESTS }, () => rejection(rpcs[0]!.ask.to(2)(1)))
    expect((await rejection(rpcs[0]!.ask.to(2)(1))).code).toBe('ERR_OUT_OF_MEMORY')
    await hub.flush()
    hub.clock.advance(DEFAULT_REQUEST_TIMEOUT_MS)
    expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['ERR_TIMEOUT']))
    // The handlers over there still run: it takes no more.
    const more = rejection(rpcs[0]!.ask.to(2)(1))
    await hub.flush()
    expect((await more).code).toBe('ERR_RATE_LIMITED')
  })

  it('keeps its number while it waits, however many come after it', async () => {
    let first: (value: string) => void = () => {}
    const { hub, rpcs } = await askable((question) =>
      question === 'first' ? new Promise((resolve) => (first = resolve)) : question,
    )
    const { ask } = rpcs[0]!
    const answer = ask.to(2, { timeoutMs: 600_000 })('first')
    await hub.flush()
    for (let round = 0; round < 70; round++) {
      const answers = Array.from({ length: 1_000 }, (_, i) => ask.to(2)(i))
      hub.clock.advance(1_000)
      await hub.flush()
      expect((await Promise.all(answers)).at(-1)).toBe(999)
    }
    first('still')
    await hub.flush()
    expect(await answer).toBe('still')
  })
})
