// Rooms in the memory of the one process.

import { systemClock } from '../../src/net/clock.ts'
import { reportUncaught } from '../../src/net/emitter.ts'
import { NetError } from '../../src/net/errors.ts'
import type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  RelayedSignal,
  SignalingAdapter,
  StoredRecord,
} from './adapter.ts'
import { MemoryClaims } from './claims.ts'
import { DEFAULT_MAX_ROOMS } from './constants.ts'
import { SortedKeys } from './sorted-keys.ts'

/** What `new MemoryAdapter` takes. */
export interface MemoryAdapterOptions {
  /** How many rooms are kept. Default DEFAULT_MAX_ROOMS. */
  readonly maxRooms?: number
}

type Listener = (event: ChannelEvent<StoredRecord>) => void

/** Keeps rooms in memory. Two servers of one process may share it, and then serve the same rooms. */
export class MemoryAdapter implements SignalingAdapter {
  readonly #maxRooms: number
  readonly #records = new Map<string, StoredRecord>()
  /** Of the records that have tags. */
  readonly #tagged = new SortedKeys()
  /** Lists that are never changed, only replaced: a Set takes ten times as much, and there is one for every room. */
  readonly #listeners = new Map<string, readonly Listener[]>()
  readonly #claims = new MemoryClaims(systemClock)

  constructor(options: MemoryAdapterOptions = {}) {
    this.#maxRooms = options.maxRooms ?? DEFAULT_MAX_ROOMS
  }

  /** How many rooms there are now. */
  get roomCount(): number {
    return this.#records.size
  }

  // Async functions, so that what `update` throws becomes a rejection; nothing in them waits, so they are atomic.
  async transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined> {
    const before = this.#records.get(key) as R | undefined
    const after = update(before)
    if (after === undefined) this.#records.delete(key)
    else {
      if (before === undefined && this.#records.size >= this.#maxRooms) {
        throw new NetError('ERR_RATE_LIMITED', 'The server holds as many rooms as it may. Try again later.')
      }
      this.#records.set(key, after)
    }
    if (after?.tags && !before?.tags) this.#tagged.add(key)
    else if (before?.tags && !after?.tags) this.#tagged.delete(key)
    if (after?.revision !== before?.revision) this.#tell(key, { type: 'changed', record: after })
    return after
  }

  async subscribe<R extends StoredRecord>(
    key: string,
    listener: (event: ChannelEvent<R>) => void,
  ): Promise<RecordChannel> {
    const own = listener as Listener
    const others = this.#listeners.get(key)
    this.#listeners.set(key, others ? others.concat(own) : [own])
    return new MemoryChannel(this.#listeners, key, own)
  }

  async list<R extends StoredRecord>(query: RecordQuery): Promise<readonly (readonly [string, R])[]> {
    if ('dueBefore' in query) {
      const all = [...this.#records] as [string, R][]
      const due = all.filter(([, { dueAt = Number.POSITIVE_INFINITY }]) => dueAt < query.dueBefore)
      return due.sort(([, a], [, b]) => a.dueAt! - b.dueAt!).slice(0, query.limit)
    }
    const found: [string, R][] = []
    for (const key of this.#tagged.after(query.after)) {
      if (found.length >= query.limit) break
      const record = this.#records.get(key) as R
      if (query.tags.every((tag) => record.tags?.includes(tag))) found.push([key, record])
    }
    return found
  }

  claimOnce(key: string, ttlMs: number): Promise<boolean> {
    return this.#claims.claimOnce(key, ttlMs)
  }

  #tell(key: string, event: ChannelEvent<StoredRecord>): void {
    tell(this.#listeners.get(key), event)
  }
}

/** A class, because there is one for every player: closures would take three times as much. */
class MemoryChannel implements RecordChannel {
  readonly #all: Map<string, readonly Listener[]>
  readonly #key: string
  readonly #own: Listener

  constructor(all: Map<string, readonly Listener[]>, key: string, own: Listener) {
    this.#all = all
    this.#key = key
    this.#own = own
  }

  publish(message: RelayedSignal): undefined {
    tell(this.#all.get(this.#key), message)
  }

  close(): void {
    const rest = this.#all.get(this.#key)?.filter((listener) => listener !== this.#own) ?? []
    if (rest.length > 0) this.#all.set(this.#key, rest)
    else this.#all.delete(this.#key)
  }
}

function tell(listeners: readonly Listener[] | undefined, event: ChannelEvent<StoredRecord>): void {
  for (const listener of listeners ?? []) {
    try {
      listener(event)
    } catch (error) {
      reportUncaught(error)
    }
  }
}
