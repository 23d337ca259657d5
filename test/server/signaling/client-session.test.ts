import { describe, expect, it } from 'vitest'
import type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  SignalingAdapter,
  StoredRecord,
} from '../../../server/signaling/adapter.ts'
import type { SessionSettings } from '../../../server/signaling/client-session.ts'
import { ClientSession } from '../../../server/signaling/client-session.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { NetError } from '../../../src/net/errors.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { ClientMessage, ServerMessage } from '../../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../../src/net/signaling/room.ts'
import { ampleBudgets, nobody } from './support.ts'

const random = seededRandom(11)
const PLACES = { graceMs: 30_000, hostWaitMs: 60_000, leaseMs: 60_000 }
const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

/** A session without a socket. */
class Client {
  readonly messages: ServerMessage[] = []
  readonly closes: string[] = []
  readonly failures: unknown[] = []
  readonly events: string[] = []
  readonly session: ClientSession

  constructor(adapter: SignalingAdapter) {
    const clock = new VirtualClock()
    const settings: SessionSettings = {
      adapter,
      authorize: () => true,
      iceServers: [],
      limits: { messageBurst: 1_000, messagesPerSecond: 1 },
      caretaker: { add() {}, delete() {}, gap() {} },
      time: () => clock.now(),
      places: PLACES,
      budgets: ampleBudgets(clock),
      clock,
      random,
      log: (event) => {
        this.events.push(event.event)
        if (event.event === 'failed') this.failures.push(event.error)
      },
    }
    this.session = new ClientSession(settings, nobody('10.0.0.1'), {
      send: (text) => void this.messages.push(JSON.parse(text)),
      close: (code, reason) => void this.closes.push(`${code} ${reason}`),
    })
  }

  say(message: ClientMessage): void {
    this.session.receive(JSON.stringify(message))
  }

  create(): void {
    this.say({ type: 'create', version: 2, topology: 'mesh' })
  }

  join(room: string): void {
    this.say({ type: 'join', version: 2, room })
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
  /** Somebody is there to hear what is published. */
  isHeard = true

  async transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined> {
    await this.#step('transact')
    const record = await this.#inner.transact(key, update)
    // Done, but the process that asked does not know yet.
    await this.#step('answer')
    return record
  }

  async subscribe<R extends StoredRecord>(
    key: string,
    listener: (event: ChannelEvent<R>) => void,
  ): Promise<RecordChannel> {
    await this.#step('subscribe')
    const channel = await this.#inner.subscribe(key, listener)
    const publish: RecordChannel['publish'] = async (message) => {
      await this.#step('publish')
      if (this.isHeard) channel.publish(message)
      return this.isHeard
    }
    return { publish, close: () => channel.close() }
  }

  list<R extends StoredRecord>(query: RecordQuery): Promise<readonly (readonly [string, R])[]> {
    return this.#inner.list(query)
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
    const ids = [first.joined.id, second.joined.id]
    expect(second.joined.peers.map(({ id }) => id)).toEqual([host.joined.id, first.joined.id])
    expect(second.types()).toEqual(['joined'])
    expect(first.messages.slice(1)).toMatchObject([{ type: 'peer_joined', id: second.joined.id }])
    expect(host.messages.slice(1)).toMatchObject(ids.map((id) => ({ type: 'peer_joined', id })))
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
    const firstId = second.joined.peers[1]!.id
    second.say({ type: 'signal', to: firstId, signal: SIGNAL })
    await adapter.goAll()
    expect(first.messages).toEqual([])
    answer?.go()
    await adapter.goAll()
    const { id } = second.joined
    expect(first.messages.slice(1)).toMatchObject([
      { type: 'peer_joined', id },
      { type: 'signal', from: id, signal: SIGNAL },
    ])
    expect(first.types()[0]).toBe('joined')
  })

  it('sends a burst of signals without waiting for each, and leaves when they are sent', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    for (let n = 0; n < 3; n++) guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    const gone = guest.session.end('leave')
    await idle()
    expect(adapter.kinds()).toEqual(['publish', 'publish', 'publish'])
    await adapter.go()
    await adapter.go()
    expect(adapter.kinds()).toEqual(['publish'])
    await adapter.goAll()
    await gone
    expect(host.types()).toEqual(['joined', 'peer_joined', 'signal', 'signal', 'signal', 'peer_left'])
  })

  it('counts a signal that nobody heard as dropped, without a word to its sender', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    adapter.isHeard = false
    guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    await adapter.goAll()
    expect(guest.events.at(-1)).toBe('signal_dropped')
    expect(guest.types()).toEqual(['joined'])
  })

  it.each([1, 2, 3])('leaves nobody behind when the client goes after %i steps of entering', async (steps) => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await idle()
    for (let step = 1; step < steps; step++) await adapter.go()
    const gone = guest.session.end('leave')
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
    expect(next.joined.peers.map(({ id }) => id)).toEqual([host.joined.id])
  })
})

describe('a session that is handed over while it enters', () => {
  it('hears the secret with which it can come back first, and keeps its place', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await idle()
    guest.session.moveOn()
    await adapter.goAll()
    expect(guest.types()).toEqual(['joined'])
    expect(guest.closes).toEqual(['1012 resume'])
    expect(host.types()).toEqual(['joined', 'peer_joined'])
  })

  it('keeps the place to which it came back, when its socket breaks before it hears the next secret', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    const { id, resume } = guest.joined
    guest.session.end('drop')
    await adapter.goAll()
    const comeBack = () => {
      const client = new Client(adapter)
      client.say({ type: 'resume', version: 2, room: code, id, secret: resume.secret })
      return client
    }
    const cut = comeBack()
    await idle()
    await adapter.go() // subscribes
    await adapter.go() // has the place, without knowing it
    cut.session.end('drop')
    await adapter.goAll()
    expect(cut.types()).toEqual([])
    const again = comeBack()
    await adapter.goAll()
    expect(again.joined.id).toBe(id)
    expect(host.types()).toEqual(['joined', 'peer_joined', 'peer_back', 'peer_back'])
  })

  it('keeps no place whose secret it never heard, when its socket breaks before', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await idle()
    await adapter.go() // subscribes
    await adapter.go() // is in, without knowing it
    const gone = guest.session.end('drop')
    await adapter.goAll()
    await gone
    expect(host.types()).toEqual(['joined', 'peer_joined', 'peer_left'])
  })
})

describe('a session whose store fails', () => {
  const broken = (method: keyof SignalingAdapter): SignalingAdapter => {
    const adapter = new MemoryAdapter()
    Object.assign(adapter, { [method]: () => Promise.reject(new Error('store is down')) })
    return adapter
  }

  it.each(['transact', 'subscribe'] as const)('is closed, and logs why, at %s', async (method) => {
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
    await client.session.end('leave')
  })

  it('is counted out of its room all the same', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await idle()
    Object.assign(adapter, { transact: () => Promise.reject(new NetError('ERR_UNAVAILABLE', 'the store is gone')) })
    await client.session.end('drop')
    expect(client.events).toContain('peer_dropped')
  })
})

describe('a session', () => {
  it('draws another code when a room has it already', async () => {
    const taken = new Set<string>()
    const adapter = new MemoryAdapter()
    const transact = adapter.transact.bind(adapter)
    let draws = 0
    adapter.transact = (key, update) => {
      draws++
      taken.add(key)
      if (draws < 3) return transact(key, () => update({ revision: 1 } as Parameters<typeof update>[0]))
      return transact(key, update)
    }
    const client = new Client(adapter)
    client.create()
    await idle()
    expect(taken.size).toBe(3)
    expect(client.joined.room.host).toBe(client.joined.id)
  })

  it('does not go on listening to a room that it could not enter', async () => {
    const adapter = new MemoryAdapter()
    const subscribe = adapter.subscribe.bind(adapter)
    let listening = 0
    adapter.subscribe = async (key, listener) => {
      const channel = await subscribe(key, listener)
      listening++
      return {
        ...channel,
        close() {
          listening--
          channel.close()
        },
      }
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
    await adapter.transact<RoomRecord>(code, (room) => room && { ...room, peers: [99], revision: room.revision + 1 })
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_ROOM_CLOSED' })
    expect(client.closes).toHaveLength(1)
  })

  it('leaves no timer and no listener behind', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await idle()
    await client.session.end('leave')
    expect(adapter.roomCount).toBe(0)
    const count = client.messages.length
    await adapter.transact(client.joined.room.code, () => ({ revision: 99 }))
    client.say({ type: 'ping' })
    await idle()
    expect(client.messages).toHaveLength(count)
  })
})
