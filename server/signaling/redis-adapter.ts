// Rooms in Redis, so that many processes serve them. Records are JSON under one key each; a change is one script that
// compares, stores, indexes and announces. What Redis forgets (a restart, a failover), the processes restore from what
// their members know: see caretaker.ts. Made for one Redis, with or without replicas; not for Redis Cluster.

import { randomBytes } from 'node:crypto'
import type { RedisClientType } from 'redis'
import { NetError } from '../../src/net/errors.ts'
import type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  SignalingAdapter,
  StoredRecord,
} from './adapter.ts'
import {
  DEFAULT_MAX_REDIS_RECORDS,
  MAX_TRANSACT_ATTEMPTS,
  REDIS_COMMAND_TIMEOUT_MS,
  REDIS_LIST_CHUNK,
  REDIS_PING_MS,
  REDIS_RECONNECT_LONGEST_MS,
  REDIS_SOCKET_TIMEOUT_MS,
} from './constants.ts'
import { loadPackage } from './load-package.ts'
import type { ChannelListener } from './redis-channels.ts'
import { RedisChannels } from './redis-channels.ts'
import { RedisPost } from './redis-post.ts'
import { CHANGE_SCRIPT, CHANGED, CONFLICT } from './redis-script.ts'
import { digestHex } from './secrets.ts'

/** What `new RedisAdapter` takes. */
export interface RedisAdapterOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Default `redis://localhost:6379`. Not with `client`. */
  readonly url?: string
  /** A client of the package `redis`, which is used for commands; a duplicate of it listens. Its owner connects and closes it. */
  readonly client?: RedisClientType
  /** What keys and channels begin with. The same for all processes that shall share rooms. Default 'skein:'. */
  readonly prefix?: string
  /** How many rooms are kept in all. Default 100,000. */
  readonly maxRooms?: number
  /** Hears of lost connections and what else goes wrong in the background. Default: nobody does; what fails rejects. */
  readonly onError?: (error: unknown) => void
}

interface Connections {
  readonly commands: RedisClientType
  readonly channels: RedisChannels
  readonly post: RedisPost
  close(): void
}

/** Keeps rooms in Redis (the package `redis`, 5 or 6, loaded at the first use). Any number of processes may share it. */
export class RedisAdapter implements SignalingAdapter {
  readonly address = randomBytes(9).toString('base64url')
  readonly #options: RedisAdapterOptions
  readonly #prefix: string
  readonly #scriptHash = digestHex(CHANGE_SCRIPT)
  /** Changes of one record by this process wait for each other here, rather than collide in Redis. */
  readonly #queues = new Map<string, Promise<unknown>>()
  #connections: Promise<Connections> | undefined
  #closed = false

  constructor(options: RedisAdapterOptions = {}) {
    this.#options = options
    this.#prefix = options.prefix ?? 'skein:'
  }

  transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined> {
    const before = this.#queues.get(key)
    const change = () => this.#transact(key, update)
    const result = before ? before.then(change, change) : change()
    this.#queues.set(key, result)
    const done = () => {
      if (this.#queues.get(key) === result) this.#queues.delete(key)
    }
    result.then(done, done)
    return result
  }

  async subscribe<R extends StoredRecord>(
    key: string,
    listener: (event: ChannelEvent<R>) => void,
  ): Promise<RecordChannel> {
    const { commands, channels, post } = await this.#connect()
    const close = await reached(channels.add(key, listener as ChannelListener))
    return {
      publish: (message, at) => {
        if (at !== undefined) return post.send(this.#ownChannel(at), key, message)
        return reached(commands.publish(this.#channel(key), JSON.stringify(message))).then((heard) => heard > 0)
      },
      close,
    }
  }

  async list<R extends StoredRecord>(query: RecordQuery): Promise<readonly (readonly [string, R])[]> {
    const { commands } = await this.#connect()
    if ('dueBefore' in query) {
      const by = { BY: 'SCORE', LIMIT: { offset: 0, count: query.limit } } as const
      const keys = await reached(commands.zRange(this.#dueKey, '-inf', `(${query.dueBefore}`, by))
      return this.#read(commands, keys)
    }
    const index = await this.#smallestIndex(commands, query.tags)
    const found: (readonly [string, R])[] = []
    for (let after = query.after; found.length < query.limit; ) {
      const by = { BY: 'LEX', LIMIT: { offset: 0, count: REDIS_LIST_CHUNK } } as const
      const keys = await reached(commands.zRange(index, after === undefined ? '-' : `(${after}`, '+', by))
      const records = await this.#read<R>(commands, keys)
      found.push(...records.filter(([, { tags }]) => query.tags.every((tag) => tags?.includes(tag))))
      if (keys.length < REDIS_LIST_CHUNK) break
      after = keys.at(-1)
    }
    return found.slice(0, query.limit)
  }

  async claimOnce(key: string, ttlMs: number): Promise<boolean> {
    const { commands } = await this.#connect()
    const expiration = { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } as const
    const answer = await reached(commands.set(`${this.#prefix}once:${key}`, '1', { condition: 'NX', expiration }))
    return answer !== null
  }

  /** Closes its connections. The adapter cannot be used any more. */
  async close(): Promise<void> {
    this.#closed = true
    const connections = await this.#connections?.catch(() => undefined)
    connections?.close()
  }

  async #transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined> {
    const { commands } = await this.#connect()
    let text = (await reached(commands.get(this.#recordKey(key)))) ?? ''
    for (let attempt = 0; attempt < MAX_TRANSACT_ATTEMPTS; attempt++) {
      const before = text === '' ? undefined : (JSON.parse(text) as R)
      const after = update(before)
      if (after === before) return after
      const [outcome, found] = await this.#store(commands, key, text, before, after)
      if (outcome === CHANGED) return after
      if (outcome !== CONFLICT) {
        throw new NetError('ERR_RATE_LIMITED', 'The servers hold as many rooms as they may. Try again later.')
      }
      text = found
    }
    throw new NetError('ERR_UNAVAILABLE', 'Too many change this room at the same moment. Try again.')
  }

  /** Stores `after`, unless the record is not `text` any more. Resolves to the outcome, and in a conflict to what it is. */
  async #store(
    commands: RedisClientType,
    key: string,
    text: string,
    before: StoredRecord | undefined,
    after: StoredRecord | undefined,
  ): Promise<[outcome: number, found: string]> {
    const announced = before?.revision !== after?.revision
    const gone = (before?.tags ?? []).filter((tag) => !after?.tags?.includes(tag))
    const come = (after?.tags ?? []).filter((tag) => !before?.tags?.includes(tag))
    const tagKeys = (tags: readonly string[]) => tags.map((tag) => this.#tagKey(tag))
    const parameters = {
      keys: [this.#recordKey(key), this.#dueKey],
      arguments: [
        text,
        after ? JSON.stringify(after) : '',
        this.#channel(key),
        announced ? JSON.stringify({ type: 'changed', record: after }) : '',
        key,
        after?.dueAt === undefined ? '' : String(after.dueAt),
        String(this.#options.maxRooms ?? DEFAULT_MAX_REDIS_RECORDS),
        String(gone.length),
        ...tagKeys(gone),
        ...tagKeys(come),
      ],
    }
    const run = async () => {
      try {
        return await commands.evalSha(this.#scriptHash, parameters)
      } catch (error) {
        // Redis was restarted, or never saw it.
        if (String(error).includes('NOSCRIPT')) return commands.eval(CHANGE_SCRIPT, parameters)
        throw error
      }
    }
    return (await reached(run())) as [number, string]
  }

  async #read<R extends StoredRecord>(commands: RedisClientType, keys: readonly string[]) {
    if (keys.length === 0) return []
    const texts = await reached(commands.mGet(keys.map((key) => this.#recordKey(key))))
    return texts.flatMap((text, i) => (text ? [[keys[i]!, JSON.parse(text) as R] as const] : []))
  }

  /** The rarest of the tags: what it leads to has to be read and looked at. */
  async #smallestIndex(commands: RedisClientType, tags: readonly string[]): Promise<string> {
    const keys = tags.map((tag) => this.#tagKey(tag))
    const sizes = await reached(Promise.all(keys.map((key) => commands.zCard(key))))
    const smallest = sizes.indexOf(Math.min(...sizes))
    return keys[smallest] ?? this.#tagKey('')
  }

  #connect(): Promise<Connections> {
    if (this.#closed) return Promise.reject(new NetError('ERR_UNCONFIGURED', 'This RedisAdapter was closed.'))
    this.#connections ??= this.#open()
    return this.#connections
  }

  async #open(): Promise<Connections> {
    const { url, client, onError = () => {} } = this.#options
    const { createClient } = await loadPackage('redis', 'RedisAdapter', () => import('redis'))
    const commands =
      client ??
      (createClient({
        ...(url !== undefined && { url }),
        pingInterval: REDIS_PING_MS,
        commandOptions: { timeout: REDIS_COMMAND_TIMEOUT_MS },
        socket: {
          connectTimeout: REDIS_SOCKET_TIMEOUT_MS,
          socketTimeout: REDIS_SOCKET_TIMEOUT_MS,
          reconnectStrategy: (retries: number) => Math.min(REDIS_RECONNECT_LONGEST_MS, 50 * 2 ** Math.min(retries, 10)),
        },
      }) as RedisClientType)
    const listening = commands.duplicate() as RedisClientType
    for (const connection of client ? [listening] : [commands, listening]) {
      connection.on('error', onError)
      // What is asked meanwhile waits, and fails when it has waited too long.
      connection.connect().catch(onError)
    }
    return {
      commands,
      channels: new RedisChannels({
        client: listening,
        ownChannel: this.#ownChannel(this.address),
        channelOf: (key) => this.#channel(key),
        onError,
      }),
      post: new RedisPost((channel, text) => reached(commands.publish(channel, text))),
      close() {
        if (!client) commands.destroy()
        listening.destroy()
      },
    }
  }

  #recordKey(key: string): string {
    return `${this.#prefix}record:${key}`
  }

  #channel(key: string): string {
    return `${this.#prefix}channel:${key}`
  }

  #ownChannel(address: string): string {
    return `${this.#prefix}process:${address}`
  }

  #tagKey(tag: string): string {
    return `${this.#prefix}tag:${tag}`
  }

  get #dueKey(): string {
    return `${this.#prefix}due`
  }
}

/** What Redis answers, or ERR_UNAVAILABLE with the reason. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new NetError('ERR_UNAVAILABLE', 'The store of rooms cannot be reached. Try again in a moment.', { cause })
  }
}
