import { describe, expect, it } from 'vitest'
import type { RoomMessage, RoomUpdate, SignalingAdapter } from '../../../server/signaling/adapter.ts'
import { ClientSession } from '../../../server/signaling/client-session.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { TokenBucket } from '../../../server/signaling/token-bucket.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { ClientMessage, ServerMessage } from '../../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../../src/net/signaling/room.ts'

const random = seededRandom(11)
const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

/** A session without a socket. */
class Client {
  readonly messages: ServerMessage[] = []
  readonly closes: string[] = []
  readonly failures: unknown[] = []
  readonly session: ClientSession

  constructor(adapter: SignalingAdapter) {
    const clock = new VirtualClock()
    this.session = new ClientSession({
      connection: 1,
      client: { address: '10.0.0.1', origin: undefined, url: '/' },
      port: {
        send: (message) => void this.messages.push(message),
        close: (code, reason) => void this.closes.push(`${code} ${reason}`),
      },
      adapter,
      authorize: () => true,
      iceServers: [],
      bucket: new TokenBucket(clock, 1_000, 1),
      clock,
      random,
      log: (event) => {
        if (event.event === 'failed') this.failures.push(event.error)
      },
    })
  }

  say(message: ClientMessage): void {
    this.session.receive(JSON.stringify(message))
  }

  create(): void {
    this.say({ type: 'create', version: 1, topology: 'mesh' })
  }

  join(room: string): void {
    this.say({ type: 'join', version: 1, room })
  }

  get joined(): Extract<ServerMessage, { type: 'joined' }> {
    return this.messages.find((message) => message.type === 'joined')!
  }

  types(): string[] {
    return this.messages.map(({ type }) => type)
  }
}

type Step = 'transact' | 'answer' | 'publish' | 'subscribe'

/** A store at a distance: every step waits until the test lets it go, in any order that the test likes. */
class DistantAdapter implements SignalingAdapter {
  readonly steps: { readonly kind: Step; readonly go: () => void }[] = []
  readonly #inner = new MemoryAdapter()

  async transact(code: string, update: RoomUpdate): Promise<RoomRecord | undefined> {
    await this.#step('transact')
    const room = await this.#inner.transact(code, update)
    // Done, but the process that asked does not know yet.
    await this.#step('answer')
    return room
  }

  async publish(code: string, message: RoomMessage): Promise<void> {
    await this.#step('publish')
    return this.#inner.publish(code, message)
  }

  async subscribe(code: string, listener: (message: RoomMessage) => void): Promise<() => void> {
    await this.#step('subscribe')
    return this.#inner.subscribe(code, listener)
  }

  /** Lets the step at `index` of those that wait go, and everything that follows from it without another step. */
  async go(index = 0): Promise<void> {
    this.steps.splice(index, 1)[0]?.go()
    await idle()
  }

  /** Lets everything go, in order. */
  async goAll(): Promise<void> {
    await idle()
    while (this.steps.length > 0) await this.go()
  }

  kinds(): string[] {
    return this.steps.map(({ kind }) => kind)
  }

  #step(kind: Step): Promise<void> {
    return new Promise((go) => this.steps.push({ kind, go }))
  }
}

/** Promises that can go on have gone on. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function distantRoom() {
  const adapter = new DistantAdapter()
  const host = new Client(adapter)
  host.create()
  await adapter.goAll()
  return { adapter, host, code: host.joined.room.code }
}

describe('a session whose store is far away', () => {
  it('sends nothing of a newcomer before the others have heard of it', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    await adapter.goAll()
    expect(host.types()).toEqual(['joined', 'peer_joined', 'signal'])
  })

  it('loses nothing that happens between subscribing and entering, and tells it after joined', async () => {
    const { adapter, host, code } = await distantRoom()
    const first = new Client(adapter)
    const second = new Client(adapter)
    first.join(code)
    second.join(code)
    await idle()
    await adapter.go() // the first subscribes
    await adapter.go() // the second subscribes
    expect(adapter.kinds()).toEqual(['transact', 'transact'])
    await adapter.go() // the first is in, without knowing it
    await adapter.go() // the second is in, without knowing it
    await adapter.go() // the first knows
    await adapter.go() // the second knows
    expect(adapter.kinds()).toEqual(['publish', 'publish'])
    await adapter.go(1) // the second is announced before the first
    await adapter.go()
    const ids = [first.joined.id, second.joined.id]
    expect(second.joined.peers).toEqual([host.joined.id, first.joined.id])
    expect(second.types()).toEqual(['joined'])
    expect(first.messages.slice(1)).toEqual([{ type: 'peer_joined', id: second.joined.id }])
    expect(host.messages.slice(1)).toEqual(ids.map((id) => ({ type: 'peer_joined', id })))
  })

  it('keeps signals for a newcomer that does not know yet that it is in', async () => {
    const { adapter, code } = await distantRoom()
    const first = new Client(adapter)
    first.join(code)
    await idle()
    await adapter.go() // subscribes
    await adapter.go() // is in, without knowing it
    const second = new Client(adapter)
    second.join(code)
    await idle()
    const answer = adapter.steps.shift()
    await adapter.goAll()
    const [, firstId = 0] = second.joined.peers
    second.say({ type: 'signal', to: firstId, signal: SIGNAL })
    await adapter.goAll()
    expect(first.messages).toEqual([])
    answer?.go()
    await adapter.goAll()
    const { id } = second.joined
    expect(first.messages.slice(1)).toEqual([
      { type: 'peer_joined', id },
      { type: 'signal', from: id, signal: SIGNAL },
    ])
    expect(first.types()[0]).toBe('joined')
  })

  it('does not take back what it knows when an older record arrives late', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    guest.say({ type: 'leave' })
    const other = new Client(adapter)
    other.join(code)
    await idle()
    while (adapter.steps.some(({ kind }) => kind !== 'publish')) {
      await adapter.go(adapter.steps.findIndex(({ kind }) => kind !== 'publish'))
    }
    expect(adapter.kinds()).toEqual(['publish', 'publish'])
    await adapter.go(1)
    await adapter.go()
    expect(host.messages.slice(2)).toEqual([
      { type: 'peer_left', id: guest.joined.id },
      { type: 'peer_joined', id: other.joined.id },
    ])
  })

  it.each([1, 2, 3, 4])('leaves nobody behind when the client goes after %i steps of entering', async (steps) => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await idle()
    for (let step = 1; step < steps; step++) await adapter.go()
    const gone = guest.session.end()
    await adapter.goAll()
    await gone
    const present = new Set<number>()
    for (const message of host.messages) {
      if (message.type === 'peer_joined') present.add(message.id)
      if (message.type === 'peer_left') present.delete(message.id)
    }
    expect(present.size).toBe(0)
    const next = new Client(adapter)
    next.join(code)
    await adapter.goAll()
    expect(next.joined.peers).toEqual([host.joined.id])
  })
})

describe('a session whose store fails', () => {
  const broken = (method: keyof SignalingAdapter): SignalingAdapter => {
    const inner = new MemoryAdapter()
    const fail = () => Promise.reject(new Error('store is down'))
    return {
      transact: method === 'transact' ? fail : (code, update) => inner.transact(code, update),
      publish: method === 'publish' ? fail : (code, message) => inner.publish(code, message),
      subscribe: method === 'subscribe' ? fail : (code, listener) => inner.subscribe(code, listener),
    }
  }

  it.each(['transact', 'publish', 'subscribe'] as const)('is closed, and logs why, at %s', async (method) => {
    const client = new Client(broken(method))
    client.create()
    await idle()
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_SIGNALING_UNREACHABLE' })
    expect(client.closes).toEqual(['1011 ERR_SIGNALING_UNREACHABLE'])
    expect(client.failures).not.toEqual([])
    expect(JSON.stringify(client.messages)).not.toContain('store is down')
  })

  it('still resolves end', async () => {
    const client = new Client(broken('transact'))
    client.create()
    await client.session.end()
  })
})

describe('a session', () => {
  it('draws another code when a room has it already', async () => {
    const taken = new Set<string>()
    const inner = new MemoryAdapter()
    let draws = 0
    const adapter: SignalingAdapter = {
      transact: (code, update) => {
        draws++
        taken.add(code)
        if (draws < 3) return inner.transact(code, () => update({ code } as RoomRecord))
        return inner.transact(code, update)
      },
      publish: (code, message) => inner.publish(code, message),
      subscribe: (code, listener) => inner.subscribe(code, listener),
    }
    const client = new Client(adapter)
    client.create()
    await idle()
    expect(taken.size).toBe(3)
    expect(client.joined.room.host).toBe(client.joined.id)
  })

  it('does not go on listening to a room that it could not enter', async () => {
    const inner = new MemoryAdapter()
    let listening = 0
    const adapter: SignalingAdapter = {
      transact: (code, update) => inner.transact(code, update),
      publish: (code, message) => inner.publish(code, message),
      subscribe: async (code, listener) => {
        const stop = await inner.subscribe(code, listener)
        listening++
        return () => {
          listening--
          stop()
        }
      },
    }
    const client = new Client(adapter)
    client.join('000-000-000')
    await idle()
    expect(client.messages).toMatchObject([{ type: 'error', code: 'ERR_ROOM_NOT_FOUND' }])
    expect(listening).toBe(0)
  })

  it('is closed when the store no longer has it in its room', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await idle()
    const { code } = client.joined.room
    const record = await adapter.transact(code, (room) => room && { ...room, peers: [99], revision: room.revision + 1 })
    await adapter.publish(code, { type: 'room', room: record! })
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_ROOM_CLOSED' })
    expect(client.closes).toHaveLength(1)
  })

  it('leaves no timer and no listener behind', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await idle()
    await client.session.end()
    expect(adapter.roomCount).toBe(0)
    const count = client.messages.length
    await adapter.publish(client.joined.room.code, { type: 'ended', code: 'ERR_ROOM_CLOSED', message: '' })
    client.say({ type: 'ping' })
    await idle()
    expect(client.messages).toHaveLength(count)
  })
})
