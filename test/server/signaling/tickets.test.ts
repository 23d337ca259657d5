import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { SignalingAdapter } from '../../../server/signaling/adapter.ts'
import type { AuthorizeRequest, Grant } from '../../../server/signaling/authorize.ts'
import { MemoryClaims } from '../../../server/signaling/claims.ts'
import { MAX_TICKET_LIFETIME_MS } from '../../../server/signaling/constants.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import type { SignalingServerOptions } from '../../../server/signaling/options.ts'
import { createTicket, type TicketOptions } from '../../../server/signaling/tickets.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { rejection } from '../../support/net-errors.ts'
import type { RawClient } from './support.ts'
import { withServer } from './support.ts'

const secret = 'a-secret-of-more-than-thirty-two-bytes'
const KEY = new TextEncoder().encode(secret)
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

/** A ticket with any claims, as a backend in another language could sign it. */
function signed(claims: Record<string, unknown>, key: Uint8Array = KEY, alg = 'HS256'): Promise<string> {
  const good = { aud: 'skein-signaling', jti: crypto.randomUUID(), exp: inSeconds(60), rights: ['create', 'join'] }
  return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg }).sign(key)
}

function create(client: RawClient, token?: string): void {
  client.say({ type: 'create', version: 2, topology: 'mesh', ...(token === undefined ? {} : { token }) })
}

function join(client: RawClient, room: string, token?: string): void {
  client.say({ type: 'join', version: 2, room, ...(token === undefined ? {} : { token }) })
}

/** A server that wants tickets, with a room in it. */
async function withTickets(
  test: (parts: { connect: () => Promise<RawClient>; code: string; adapter: MemoryAdapter }) => Promise<void>,
  options: SignalingServerOptions = {},
): Promise<void> {
  const adapter = new MemoryAdapter()
  await withServer({ ticketSecret: secret, adapter, ...options }, async (connect) => {
    const host = await connect()
    create(host, await createTicket({ secret }))
    const { room } = await host.heard('joined')
    await test({ connect, code: room.code, adapter })
  })
}

describe('a ticket', () => {
  it('lets its holder in once', async () => {
    await withTickets(async ({ connect, code }) => {
      const token = await createTicket({ secret })
      const first = await connect()
      join(first, code, token)
      await first.heard('joined')
      const second = await connect()
      join(second, code, token)
      expect(await second.heard('error')).toMatchObject({
        code: 'ERR_TOKEN_REFUSED',
        message: expect.stringContaining('used before'),
      })
    })
  })

  it.each<[string, () => Promise<string> | undefined]>([
    ['none', () => undefined],
    ['an empty one', async () => ''],
    ['no ticket at all', async () => 'let me in'],
    ['one that has expired', () => signed({ exp: inSeconds(-60) })],
    ['one without an end', () => signed({ exp: undefined })],
    ['one that never ends', () => signed({ exp: inSeconds(MAX_TICKET_LIFETIME_MS / 1000 + 3_600) })],
    ['one of another secret', () => signed({}, new TextEncoder().encode(secret.replace('a', 'b')))],
    ['one of another algorithm', () => signed({}, new Uint8Array(64), 'HS512')],
    ['one for something else', () => signed({ aud: 'billing' })],
    ['one without an id', () => signed({ jti: undefined })],
    ['one with an id that anybody has', () => signed({ jti: '1' })],
    ['one without rights', () => signed({ rights: [] })],
    ['one with rights that there are not', () => signed({ rights: ['everything'] })],
    ['one with a room that is no text', () => signed({ room: { $ne: '' } })],
    ['one for another room', () => signed({ room: 'AAA-AAA-AAA' })],
    ['one that only creates', () => signed({ rights: ['create'] })],
    [
      'one without a signature',
      async () => {
        const [header, payload] = (await signed({})).split('.')
        return `${header}.${payload}.`
      },
    ],
    [
      'one that says it needs no signature',
      async () => {
        const [, payload] = (await signed({})).split('.')
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
      },
    ],
    [
      'one that was changed',
      async () => {
        const [header, , signature] = (await signed({ rights: ['create'] })).split('.')
        const [, payload] = (await signed({ rights: ['join'] })).split('.')
        return `${header}.${payload}.${signature}`
      },
    ],
  ])('is refused, and nothing changes: %s', async (_, make) => {
    await withTickets(async ({ connect, code, adapter }) => {
      const before = await adapter.list({ dueBefore: Number.POSITIVE_INFINITY, limit: 10 })
      const client = await connect()
      join(client, code, await make())
      expect((await client.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
      await client.closed
      expect(client.messages.map(({ type }) => type)).toEqual(['error'])
      expect(await adapter.list({ dueBefore: Number.POSITIVE_INFINITY, limit: 10 })).toEqual(before)
    })
  })

  it('for one room opens that room only, and no new one', async () => {
    await withTickets(async ({ connect, code }) => {
      const token = await createTicket({ secret, room: code.toLowerCase().replaceAll('-', '') })
      const creator = await connect()
      create(creator, token)
      expect((await creator.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
      // It was not used up by that.
      const guest = await connect()
      join(guest, code, token)
      await guest.heard('joined')
    })
  })

  it('is not used up where authorize says no', async () => {
    let open = false
    const asked: AuthorizeRequest[] = []
    const authorize = (request: AuthorizeRequest) => {
      asked.push(request)
      return request.action === 'create' || open
    }
    await withTickets(
      async ({ connect, code }) => {
        const token = await createTicket({ secret, name: 'Ada', subject: 'player-7' })
        const early = await connect()
        join(early, code, token)
        expect((await early.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
        open = true
        const late = await connect()
        join(late, code, token)
        await late.heard('joined')
        expect(asked.at(-1)?.ticket).toMatchObject({ name: 'Ada', subject: 'player-7', rights: ['create', 'join'] })
      },
      { authorize },
    )
  })

  it('of either secret is good while one replaces another', async () => {
    const next = 'the-next-secret-of-more-than-thirty-two-bytes'
    await withServer({ ticketSecret: [next, secret] }, async (connect) => {
      for (const one of [next, secret]) {
        const client = await connect()
        create(client, await createTicket({ secret: one }))
        await client.heard('joined')
      }
    })
  })

  it('is good once among all servers that share an adapter', async () => {
    await withTickets(async ({ connect, adapter }) => {
      await withServer({ ticketSecret: secret, adapter }, async (connectElsewhere) => {
        const token = await createTicket({ secret })
        const here = await connect()
        create(here, token)
        await here.heard('joined')
        const there = await connectElsewhere()
        create(there, token)
        expect((await there.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
      })
    })
  })

  it('is good once at one process also when the store has forgotten it', async () => {
    const rooms = new MemoryAdapter()
    const adapter: SignalingAdapter = {
      transact: (key, update) => rooms.transact(key, update),
      subscribe: (key, listener) => rooms.subscribe(key, listener),
      list: (query) => rooms.list(query),
      claimOnce: async () => true,
    }
    await withServer({ ticketSecret: secret, adapter }, async (connect) => {
      const token = await createTicket({ secret })
      for (const type of ['joined', 'error'] as const) {
        const client = await connect()
        create(client, token)
        await client.heard(type)
      }
    })
  })
})

describe('ticketCheck', () => {
  it('grants the name and the subject of the ticket, cleaned, unless authorize knows better', async () => {
    const { ticketCheck } = await import('../../../server/signaling/tickets.ts')
    const claims = new MemoryClaims(new VirtualClock())
    const enter = async (authorize: () => Grant | boolean, claimed: Record<string, unknown>) =>
      ticketCheck({ secrets: [secret], claims, authorize })({
        action: 'create',
        token: await signed(claimed),
        address: '10.0.0.1',
        origin: undefined,
        url: '/',
      })
    const name = 'A\u202eda\n\u0000 Love'
    expect(await enter(() => true, { name, sub: 'p1' })).toEqual({ name: 'Ada Love', subject: 'p1' })
    expect(await enter(() => ({ name: 'Countess' }), { name, sub: 'p1' })).toEqual({ name: 'Countess', subject: 'p1' })
    expect(await enter(() => true, { name: '\u200b' })).toEqual({})
  })
})

describe('createTicket', () => {
  it.each<[string, Partial<TicketOptions>]>([
    ['a short secret', { secret: 'hunter2' }],
    ['no secret', { secret: undefined as unknown as string }],
    ['a life of no length', { lifetimeMs: 0 }],
    ['a life of more than a day', { lifetimeMs: MAX_TICKET_LIFETIME_MS + 1 }],
    ['no rights', { rights: [] }],
    ['rights to create for one room', { room: 'AAA-AAA-AAA', rights: ['create', 'join'] }],
    ['a long name', { name: 'x'.repeat(65) }],
    ['options that there are not', { rooms: 3 } as object],
  ])('refuses %s', async (_, options) => {
    const error = await rejection(createTicket({ secret, ...options }))
    expect(error.code).toBe('ERR_INVALID_PARAMETER')
    expect(error.message).not.toContain('hunter2')
  })

  it('makes tickets that fit into a token', async () => {
    const token = await createTicket({ secret, name: 'x'.repeat(64), subject: 'y'.repeat(128), room: 'AAA-AAA-AAA' })
    expect(token.length).toBeLessThan(4_096 / 4)
  })

  it('refuses a server whose secret is short', async () => {
    const { createSignalingServer } = await import('../../../server/signaling/server.ts')
    expect((await rejection(createSignalingServer({ ticketSecret: 'hunter2' }))).code).toBe('ERR_INVALID_PARAMETER')
  })
})

describe('claims', () => {
  it('are had once, until they end', async () => {
    const clock = new VirtualClock()
    const claims = new MemoryClaims(clock)
    expect(await claims.claimOnce('a', 1_000)).toBe(true)
    expect(await claims.claimOnce('a', 1_000)).toBe(false)
    expect(await claims.claimOnce('b', 1_000)).toBe(true)
    clock.advance(1_000)
    expect(await claims.claimOnce('a', 1_000)).toBe(true)
  })

  it('are bounded: when all still hold nobody gets another, and ended ones make room', async () => {
    const clock = new VirtualClock()
    const claims = new MemoryClaims(clock, 2)
    await claims.claimOnce('a', 1_000)
    await claims.claimOnce('b', 2_000)
    expect((await rejection(claims.claimOnce('c', 1_000))).code).toBe('ERR_RATE_LIMITED')
    expect(await claims.claimOnce('a', 1_000)).toBe(false)
    clock.advance(1_000)
    expect(await claims.claimOnce('c', 1_000)).toBe(true)
    expect(claims.size).toBe(2)
  })
})
