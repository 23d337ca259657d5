import { describe, expect, it } from 'vitest'
import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import { MAX_RPC_ARGUMENTS } from '../../../src/multiplayer/rpc/constants.ts'
import { rpc } from '../../../src/multiplayer/rpc/definition.ts'
import type { RpcContext, RpcMode } from '../../../src/multiplayer/rpc/types.ts'
import { ConnectionStatus, TransferMode } from '../../../src/multiplayer/types.ts'
import { NetError } from '../../../src/net/errors.ts'
import { thrown } from '../../support/net-errors.ts'
import { agreed, Hub, type Member } from './hub.ts'

/** Three peers with one RPC `say` of these options, and who heard what from whom. */
async function sayers(options: { callLocal?: boolean; mode?: RpcMode } = {}) {
  const { mode = 'any_peer', callLocal = false } = options
  const heard: string[] = []
  const { hub, members, rpcs } = await agreed(3, ({ id }) => ({
    say: rpc.reliable(mode, { callLocal }, ({ sender }, text: string) => {
      heard.push(`${id} heard ${text} from ${sender}`)
    }),
  }))
  return { hub, members, rpcs, heard }
}

describe('a call', () => {
  it('goes to everyone, and not to this peer', async () => {
    const { hub, rpcs, heard } = await sayers()
    expect(rpcs[0]!.say('hello')).toBe(true)
    expect(hub.sent).toHaveLength(2)
    await hub.flush()
    expect(heard).toEqual(['2 heard hello from 1', '3 heard hello from 1'])
  })

  it('goes to one peer, to some, to all but one, and to the host', async () => {
    const { hub, rpcs, heard } = await sayers()
    rpcs[0]!.say.to(3)('one')
    rpcs[1]!.say.to([1, 3])('some')
    rpcs[1]!.say.toAllBut(1)('others')
    rpcs[2]!.say.toHost()('host')
    await hub.flush()
    expect(heard).toEqual([
      '3 heard one from 1',
      '1 heard some from 2',
      '3 heard some from 2',
      '3 heard others from 2',
      '1 heard host from 3',
    ])
  })

  it('runs here too with callLocal, after it was sent, and with this peer as its sender', async () => {
    const { hub, rpcs, heard } = await sayers({ callLocal: true })
    rpcs[0]!.say('all')
    expect(hub.sent).toHaveLength(2)
    expect(heard.splice(0)).toEqual(['1 heard all from 1'])
    rpcs[0]!.say.to(1)('myself')
    rpcs[0]!.say.toHost()('the host, which I am')
    rpcs[0]!.say.toAllBut(2)('all but 2')
    rpcs[0]!.say.to([1, 2])('us')
    expect(heard.splice(0)).toEqual([
      '1 heard myself from 1',
      '1 heard the host, which I am from 1',
      '1 heard all but 2 from 1',
      '1 heard us from 1',
    ])
    rpcs[0]!.say.toAllBut(1)('others')
    rpcs[0]!.say.to(2)('you')
    expect(heard).toEqual([])
  })

  it('carries what msgpack carries, and a Uint8Array as such', async () => {
    let got: unknown[] = []
    const { hub, rpcs } = await agreed(2, () => ({
      take: rpc.reliable('any_peer', (_context, ...all: unknown[]) => {
        got = all
      }),
    }))
    const values = [1, -1.5, 'é', null, undefined, true, [1, [2]], { a: { b: 1 } }, Uint8Array.of(1, 2), 7n]
    rpcs[0]!.take(...values)
    await hub.flush()
    expect(got).toEqual(values)
    expect((got[8] as object).constructor).toBe(Uint8Array)
    rpcs[0]!.take()
    await hub.flush()
    expect(got).toEqual([])
    const many = Array.from({ length: MAX_RPC_ARGUMENTS }, (_, i) => i)
    rpcs[0]!.take(...many)
    await hub.flush()
    expect(got).toEqual(many)
    expect(thrown(() => rpcs[0]!.take(...many, 1)).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('travels as its definition says', async () => {
    const { hub, rpcs } = await agreed(2, () => ({
      a: rpc.unreliable('any_peer', () => {}),
      b: rpc.unreliableOrdered('any_peer', () => {}),
      c: rpc.reliable('any_peer', { channel: 2 }, () => {}),
      d: rpc.request('any_peer', () => 1),
    }))
    rpcs[0]!.a()
    rpcs[0]!.b()
    rpcs[0]!.c()
    void rpcs[0]!.d.to(2)()
    const { Unreliable, UnreliableOrdered, Reliable } = TransferMode
    expect(hub.sent.map(({ mode, channel }) => [mode, channel])).toEqual([
      [Unreliable, 0],
      [UnreliableOrdered, 0],
      [Reliable, 2],
      [Reliable, 0],
    ])
    await hub.flush()
  })

  it('tells its handler who, where and when', async () => {
    const contexts: RpcContext[] = []
    const { hub, rpcs } = await agreed(2, () => ({
      now: rpc.reliable('any_peer', { timed: true, callLocal: true }, (context) => contexts.push(context)),
      plain: rpc.reliable('any_peer', { channel: 1 }, (context) => contexts.push(context)),
    }))
    hub.time = () => 5e9 + 0.125
    rpcs[0]!.now()
    hub.time = () => 5e9 + 300
    await hub.flush()
    hub.time = () => undefined
    rpcs[0]!.now.to(2)()
    rpcs[0]!.plain.to(2)()
    await hub.flush()
    expect(contexts).toEqual([
      { sender: 1, time: 5e9 + 0.125, channel: 0 },
      { sender: 1, time: 5e9 + 0.125, channel: 0 },
      { sender: 1, time: undefined, channel: 0 },
      { sender: 1, time: undefined, channel: 1 },
    ])
  })

  it('that is to be timed has the clock kept from its definition on, and no other one', () => {
    let asked = 0
    const time = () => {
      asked += 1
      return undefined
    }
    const api = new MultiplayerAPI({ time })
    api.rpcs({ plain: rpc.reliable('any_peer', () => {}) })
    expect(asked).toBe(0)
    api.rpcs({ timed: rpc.reliable('any_peer', { timed: true }, () => {}) }, { set: 'timed' })
    expect(asked).toBe(1)
  })

  it('of an unreliable RPC with three numbers takes 16 bytes as float32, and 28 where they are exact', async () => {
    const got: number[][] = []
    const { hub, rpcs } = await agreed(2, () => ({
      exact: rpc.unreliable('any_peer', (_c, x: number, y: number, z: number) => got.push([x, y, z])),
      short: rpc.unreliable('any_peer', { numbers: 'float32' }, (_c, x: number, y: number, z: number) => {
        got.push([x, y, z])
      }),
    }))
    const numbers = [123.456, -0.1, 1e6 + 0.1] as const
    rpcs[0]!.exact(...numbers)
    rpcs[0]!.short(...numbers)
    rpcs[0]!.short(1, 2, 0.5)
    expect(hub.sent.map(({ bytes }) => bytes.length)).toEqual([28, 16, 8])
    await hub.flush()
    expect(got).toEqual([numbers, numbers.map(Math.fround), [1, 2, 0.5]])
  })

  it('of the 1,000th RPC arrives like that of the first', async () => {
    const heard: string[] = []
    const names = Array.from({ length: 1_000 }, (_, i) => `rpc${String(i).padStart(4, '0')}`)
    const { hub, rpcs } = await agreed(2, () =>
      Object.fromEntries(
        names.map((name) => [name, rpc.reliable('any_peer', (_c, text: string) => heard.push(name + text))]),
      ),
    )
    for (const index of [0, 239, 240, 999]) rpcs[0]![names[index]!]!('!')
    expect(hub.sent.map(({ bytes }) => bytes.length)).toEqual([3, 3, 5, 5])
    await hub.flush()
    expect(heard).toEqual(['rpc0000!', 'rpc0239!', 'rpc0240!', 'rpc0999!'])
  })
})

describe('rights', () => {
  const cases: [RpcMode, caller: number, heard: boolean][] = [
    ['any_peer', 1, true],
    ['any_peer', 2, true],
    ['authority', 1, true],
    ['authority', 2, false],
    ['disabled', 1, false],
    ['disabled', 2, false],
  ]

  it.each(cases)('with mode %s a call by peer %s is heard: %s', async (mode, caller, isHeard) => {
    const { hub, rpcs, heard } = await sayers({ mode, callLocal: true })
    const { say } = rpcs[caller - 1] as unknown as {
      say: { (text: string): void; to(id: number): (text: string) => void }
    }
    const call = () => {
      say('a')
      say.to(caller)('b')
    }
    if (isHeard) call()
    else expect(thrown(call).code).toBe('ERR_UNAUTHORIZED')
    await hub.flush()
    expect(heard).toHaveLength(isHeard ? 4 : 0)
  })

  it('are checked by the receiver, whatever the sender believes', async () => {
    const { hub, members, rpcs, heard } = await sayers({ mode: 'authority' })
    hub.host = 2
    rpcs[1]!.say('I am')
    hub.host = 1
    await hub.flush()
    expect(heard).toEqual([])
    expect(members[0]!.codes).toEqual(['ERR_UNAUTHORIZED'])
    expect(members[2]!.codes).toEqual(['ERR_UNAUTHORIZED'])
    // It may have been the host a moment ago.
    expect(members[0]!.peer.rejections).toEqual([])
    expect(members[0]!.api.rpcStats.refused).toBe(1)
  })

  it('follow the host when it changes', async () => {
    const { hub, rpcs, heard } = await sayers({ mode: 'authority' })
    hub.host = 3
    rpcs[2]!.say('I am')
    expect(thrown(() => rpcs[0]!.say('I was')).code).toBe('ERR_UNAUTHORIZED')
    await hub.flush()
    expect(heard).toEqual(['1 heard I am from 3', '2 heard I am from 3'])
  })
})

describe('a call that cannot be made', () => {
  it('says so with the code of Godot', async () => {
    const { hub, members, rpcs } = await sayers()
    const { say } = rpcs[0]!
    const code = (call: () => unknown) => thrown(call).code
    expect(code(() => say.to(9)('nobody'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.to(1)('myself'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.toHost()('myself'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.to([2, 1])('us'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.to([2, 9])('us'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.to(0)('no id'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say.toAllBut(-2)('no id'))).toBe('ERR_INVALID_PARAMETER')
    expect(code(() => say(Symbol('unsendable') as unknown as string))).toBe('ERR_INVALID_PARAMETER')
    members[0]!.peer.connectionStatus = ConnectionStatus.Connecting
    expect(code(() => say('too early'))).toBe('ERR_CONNECTION_ERROR')
    members[0]!.peer.connectionStatus = ConnectionStatus.Disconnected
    expect(code(() => say('too late'))).toBe('ERR_UNCONFIGURED')
    expect(hub.sent).toEqual([])
  })

  it('alone, there is nobody to hear it but this peer', () => {
    const heard: string[] = []
    const calls = new MultiplayerAPI().rpcs({
      say: rpc.reliable('authority', { callLocal: true }, (_context, text: string) => heard.push(text)),
    })
    calls.say('hello')
    expect(heard).toEqual(['hello'])
    expect(thrown(() => calls.say.to(2)('hello')).code).toBe('ERR_INVALID_PARAMETER')
  })
})

describe('a handler', () => {
  it('that throws is reported, and closes nothing', async () => {
    const cause = new Error('oh')
    let calls = 0
    const { hub, members, rpcs } = await agreed(2, () => ({
      now: rpc.reliable('any_peer', { callLocal: true }, () => {
        calls += 1
        throw cause
      }),
      later: rpc.reliable('any_peer', async () => {
        calls += 1
        throw cause
      }),
    }))
    rpcs[0]!.now()
    rpcs[0]!.later()
    rpcs[0]!.now()
    await hub.flush()
    expect(calls).toBe(5)
    for (const { errors, peer } of members) {
      expect(errors.every((error) => error.code === 'ERR_RPC_FAILED' && error.cause === cause)).toBe(true)
      expect(peer.rejections).toEqual([])
    }
    expect(members.map(({ errors }) => errors.length)).toEqual([2, 3])
  })

  it('can be missing where an RPC is only called, or given later', async () => {
    const shared = { say: rpc.reliable<[text: string]>('any_peer') }
    const heard: string[] = []
    const hub = new Hub()
    const [server, client, other] = [hub.add(1), hub.add(2), hub.add(3)]
    server.api.rpcs({ say: shared.say.handle((_context, text) => heard.push(text)) })
    const calls = client.api.rpcs(shared)
    other.api.rpcs(shared)
    await hub.flush()
    calls.say('hello')
    await hub.flush()
    expect(heard).toEqual(['hello'])
    expect(server.errors).toEqual([])
    expect(other.codes).toEqual(['ERR_UNCONFIGURED'])
  })

  it('may call RPCs itself', async () => {
    const heard: string[] = []
    const ring: { pass: (n: number) => boolean }[] = []
    const { hub, rpcs } = await agreed(2, ({ id }: Member) => ({
      pass: rpc.reliable('any_peer', (_context, n: number) => {
        heard.push(`${id}: ${n}`)
        if (n < 4) ring[id - 1]!.pass(n + 1)
      }),
    }))
    ring.push(...rpcs)
    rpcs[0]!.pass(1)
    await hub.flush()
    expect(heard).toEqual(['2: 1', '1: 2', '2: 3', '1: 4'])
  })
})

describe('a definition', () => {
  it.each<[string, () => unknown]>([
    ['a mode that is none', () => rpc.reliable('everybody' as 'any_peer', () => {})],
    ['a handler that is none', () => rpc.reliable('any_peer', {}, 3 as unknown as () => void)],
    ['a channel that is none', () => rpc.reliable('any_peer', { channel: -1 }, () => {})],
    ['a lane on a user channel', () => rpc.reliable('any_peer', { channel: 1, lane: 'control' }, () => {})],
    ['numbers of another size', () => rpc.reliable('any_peer', { numbers: 'float16' as 'float32' }, () => {})],
    ['validators that are none', () => rpc.reliable('any_peer', { args: [3 as never] }, () => {})],
    ['a rate of nothing', () => rpc.reliable('any_peer', { rateLimit: { perSecond: 0 } }, () => {})],
    [
      'a name that is too long',
      () => new MultiplayerAPI().rpcs({ ['x'.repeat(65)]: rpc.reliable('any_peer', () => {}) }),
    ],
    ['what is no definition', () => new MultiplayerAPI().rpcs({ say: (() => {}) as never })],
  ])('with %s is refused', (_what, define) => {
    expect(thrown(define).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('may have any name', async () => {
    const heard: string[] = []
    const definitions = Object.fromEntries(
      ['__proto__', 'constructor', 'then', 'to'].map((name) => [
        name,
        rpc.reliable('any_peer', () => heard.push(name)),
      ]),
    )
    const { hub, rpcs } = await agreed(2, () => definitions)
    for (const name of Object.keys(definitions)) rpcs[0]![name]!()
    await hub.flush()
    expect(heard.sort()).toEqual(['__proto__', 'constructor', 'then', 'to'])
    expect(({} as Record<string, unknown>).to).toBeUndefined()
  })

  it('is refused as a whole when there are too many', () => {
    const all = Array.from({ length: 1_025 }, (_, i) => [`a${i}`, rpc.reliable('any_peer', () => {})])
    expect(thrown(() => new MultiplayerAPI().rpcs(Object.fromEntries(all))).code).toBe('ERR_OUT_OF_MEMORY')
    expect(new NetError('ERR_RPC_FAILED', 'x').code).toBe('ERR_RPC_FAILED')
  })
})
