import { describe, expect, it } from 'vitest'
import type { IceServersRequest, IssueIceServers } from '../../../server/signaling/ice-servers.ts'
import { ClientIceServers } from '../../../server/signaling/ice-servers.ts'
import { turnCredential, turnServers } from '../../../server/signaling/turn-credentials.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { IceServer } from '../../../src/net/signaling/messages.ts'
import { thrown } from '../../support/net-errors.ts'
import { turn } from '../../support/turn.ts'
import { withServer } from './support.ts'

const SECRET = 'north-of-the-wall'
const CLIENT: IceServersRequest = { client: '00000000deadbeef', address: '10.0.0.1', origin: undefined, url: '/' }

describe('TURN credentials', () => {
  it('are the expiry with a name, and its HMAC-SHA1 in base64', () => {
    // printf '1700000600:00000000deadbeef' | openssl dgst -sha1 -hmac north-of-the-wall -binary | base64
    expect(turnCredential(SECRET, '1700000600:00000000deadbeef')).toBe('v4qbgsjbYI7nN3hsMCCJgqS3RzE=')
  })

  it('belong to one client and expire', () => {
    const issue = turnServers({ urls: 'turn:turn.example', secret: SECRET, now: () => 1_700_000_000_900 })
    expect(issue(CLIENT)).toEqual({
      iceServers: [
        {
          urls: ['turn:turn.example'],
          username: '1700000600:00000000deadbeef',
          credential: turnCredential(SECRET, '1700000600:00000000deadbeef'),
        },
      ],
      lifetimeSeconds: 600,
    })
  })

  it('are not given to STUN servers', () => {
    const urls = ['stun:a.example', 'turn:a.example', 'turns:b.example:5349?transport=tcp']
    const issued = turnServers({ urls, secret: SECRET, lifetimeSeconds: 60, now: () => 0 })(CLIENT)
    expect(issued).toMatchObject({
      iceServers: [{ urls: ['stun:a.example'] }, { urls: urls.slice(1), username: '60:00000000deadbeef' }],
    })
  })

  it.each([
    { urls: 'stun:a.example', secret: SECRET },
    { urls: [], secret: SECRET },
    { urls: 'https://a.example', secret: SECRET },
    { urls: 'turn:a.example', secret: 'short' },
    { urls: 'turn:a.example', secret: SECRET, lifetimeSeconds: 59 },
    { urls: 'turn:a.example', secret: SECRET, lifetimeSeconds: 86_401 },
    { urls: 'turn:a.example', secret: SECRET, lifetimeSeconds: Number.NaN },
  ])('refuse %j', (options) => {
    expect(thrown(() => turnServers(options)).code).toBe('ERR_INVALID_PARAMETER')
  })
})

/** The ICE servers of one client, in virtual time. */
function client(source: readonly IceServer[] | IssueIceServers) {
  const clock = new VirtualClock()
  const renewed: (readonly IceServer[])[] = []
  const failures: unknown[] = []
  const servers = new ClientIceServers({
    source,
    client: { address: '10.0.0.1', origin: undefined, url: '/' },
    clock,
    random: seededRandom(5),
    renewed: (iceServers) => renewed.push(iceServers),
    failed: (error) => failures.push(error),
  })
  const pass = async (ms: number) => {
    clock.advance(ms)
    await turn()
  }
  return { servers, clock, renewed, failures, pass }
}

describe('the ICE servers of a client', () => {
  it('come renewed at half of their life, for the same name', async () => {
    const asked: string[] = []
    const { servers, renewed, pass } = client((request) => {
      asked.push(request.client)
      return { iceServers: [{ urls: `turn:${asked.length}.example` }], lifetimeSeconds: 600 }
    })
    expect(await servers.fresh()).toEqual([{ urls: 'turn:1.example' }])
    await pass(299_999)
    expect(renewed).toEqual([])
    await pass(1)
    expect(renewed).toEqual([[{ urls: 'turn:2.example' }]])
    await pass(300_000)
    expect(renewed.length).toBe(2)
    expect(asked[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set(asked).size).toBe(1)
    servers.end()
    await pass(600_000)
    expect(asked.length).toBe(3)
  })

  it('are not made anew more often than every 10 s, however often they are asked for', async () => {
    let made = 0
    const { servers, pass } = client(() => ({ iceServers: [{ urls: `turn:${++made}.example` }] }))
    await Promise.all([servers.fresh(), servers.fresh(), servers.fresh()])
    await pass(9_999)
    await servers.fresh()
    expect(made).toBe(1)
    await pass(1)
    expect(await servers.fresh()).toEqual([{ urls: 'turn:2.example' }])
  })

  it('are the last ones where their source throws, is silent or answers nonsense, and it is asked again', async () => {
    const answers: (() => ReturnType<IssueIceServers>)[] = [
      () => ({ iceServers: [{ urls: 'turn:1.example' }], lifetimeSeconds: 60 }),
      () => {
        throw new Error('down')
      },
      () => new Promise(() => {}),
      () => ({ iceServers: 'none' }) as never,
      () => ({ iceServers: [{ urls: 'turn:5.example' }], lifetimeSeconds: 60 }),
    ]
    const { servers, renewed, failures, pass } = client(() => answers.shift()!())
    await servers.fresh()
    await pass(30_000)
    await pass(10_000)
    await pass(5_000)
    await pass(10_000)
    await pass(10_000)
    expect(failures.length).toBe(3)
    expect(renewed).toEqual([[{ urls: 'turn:5.example' }]])
    servers.end()
  })

  it('that are fixed are told at once and never renewed', async () => {
    const { servers, renewed, pass } = client([{ urls: 'stun:a.example' }])
    expect(await servers.fresh()).toEqual([{ urls: 'stun:a.example' }])
    await pass(86_400_000)
    expect(renewed).toEqual([])
  })
})

describe('a server that makes ICE servers', () => {
  const iceServers = turnServers({ urls: 'turn:turn.example', secret: SECRET })

  it('tells them to those who may enter, to each its own, and again when asked', async () => {
    await withServer({ iceServers }, async (connect) => {
      const [host, guest] = [await connect(), await connect()]
      const created = await host.create()
      const joined = await guest.join(created.room.code)
      const names = [created, joined].map((message) => message.iceServers[0]!.username!)
      for (const name of names) expect(name).toMatch(/^\d{10}:[0-9a-f]{16}$/)
      expect(names[0]!.split(':')[1]).not.toBe(names[1]!.split(':')[1])
      host.say({ type: 'ice_servers' })
      expect((await host.heard('ice_servers')).iceServers).toEqual(created.iceServers)
    })
  })

  it('makes none for those who may not', async () => {
    let made = 0
    const counted: IssueIceServers = (request) => {
      made += 1
      return iceServers(request)
    }
    await withServer({ iceServers: counted, authorize: () => false }, async (connect) => {
      const client = await connect()
      client.say({ type: 'ice_servers' })
      await client.heard('error')
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      await client.closed
      expect(client.codes()).toEqual(['ERR_UNCONFIGURED', 'ERR_TOKEN_REFUSED'])
      expect(JSON.stringify(client.messages)).not.toContain('turn')
      expect(made).toBe(0)
    })
  })

  it('lets clients in where they cannot be made', async () => {
    const failures: unknown[] = []
    const broken: IssueIceServers = () => {
      throw new Error('down')
    }
    const log = (event: { event: string }) => {
      if (event.event === 'failed') failures.push(event)
    }
    await withServer({ iceServers: broken, log }, async (connect) => {
      expect((await (await connect()).create()).iceServers).toEqual([])
      expect(failures.length).toBe(1)
    })
  })
})
