// Where rooms are kept, and how the processes that serve one room hear of each other. Three methods, so that a store
// shared by many processes can be put behind them; memory-adapter.ts is the one for a single process.

/** What is kept under a key. Plain data: it can be stored as JSON. The store itself understands only these fields. */
export interface StoredRecord {
  /** Grows with every change that others shall hear of. A record stored with the revision it had is not announced. */
  readonly revision: number
  /** What the record can be found by, see `list`. */
  readonly tags?: readonly string[] | undefined
  /** When somebody has to look at the record, in ms since 1970. */
  readonly dueAt?: number | undefined
}

/** Decides what becomes of a record: the next one, or undefined to delete it. What it throws leaves it as it is. */
export type RecordUpdate<R extends StoredRecord> = (record: R | undefined) => R | undefined

/** Sent from member to member. Plain data. */
export interface RelayedSignal {
  readonly type: 'signal'
  readonly from: number
  readonly to: number
  /** The signal as JSON, checked. A text, because nobody on its way needs to look into it. */
  readonly text: string
}

/** What a channel's listener hears, in the order in which it happened. */
export type ChannelEvent<R extends StoredRecord> =
  /** The record after a change; undefined when it was deleted. */
  | { readonly type: 'changed'; readonly record: R | undefined }
  | RelayedSignal
  /** The link to the store was broken and is whole again: changes and signals may have been missed. */
  | { readonly type: 'gap' }

/** What is said about one record, heard by one listener: see `subscribe`. */
export interface RecordChannel {
  /**
   * Sends to the channel's listeners in the process whose adapter has the address `at`, or to more of them; `at` left out: to
   * all. Messages of one process arrive in the order in which they were published, and before every change that is made once
   * they are sent. Resolves to false when nobody was there to hear it. Returns nothing where there is nothing to wait for:
   * nearly all that a server does is this.
   */
  publish(message: RelayedSignal, at?: string): Promise<boolean> | undefined
  /** Stops listening. */
  close(): void
}

/** Which records `list` gives: those with all the tags, of which there is at least one, by ascending key; or those that are due, the longest-due first. */
export type RecordQuery =
  | { readonly tags: readonly string[]; readonly after?: string | undefined; readonly limit: number }
  | { readonly dueBefore: number; readonly limit: number }

/** A store of rooms. Processes that share it serve the same rooms. */
export interface SignalingAdapter {
  /**
   * Where this process is, for `publish`: another one for every adapter that shares the store, and for good. Kept with the
   * places that this process serves. Left out: what is published here is heard by everybody.
   */
  readonly address?: string
  /**
   * Replaces the record under `key` by what `update` makes of it, atomically among all processes, tells every listener
   * of the channel `key`, and resolves to the result. `update` may be called again when another process was faster.
   * Rejects with what `update` throws.
   * @throws {NetError} also ERR_RATE_LIMITED when no more records can be kept; ERR_UNAVAILABLE when the store cannot be
   * reached, in which case the change may have been made or not.
   */
  transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined>
  /** Once this has resolved `listener` hears everything that happens on the channel `key`, until it is closed. */
  subscribe<R extends StoredRecord>(key: string, listener: (event: ChannelEvent<R>) => void): Promise<RecordChannel>
  /** At most `limit` records with their keys, as they are now or were a moment ago. */
  list<R extends StoredRecord>(query: RecordQuery): Promise<readonly (readonly [key: string, record: R])[]>
  /**
   * True for the first of all processes that asks for `key`, and false for the others for the next `ttlMs` ms. Keeps
   * tickets from being used twice; without it each process remembers only those that it saw itself.
   * @throws {NetError} ERR_RATE_LIMITED when no more can be remembered; ERR_UNAVAILABLE as above.
   */
  claimOnce?(key: string, ttlMs: number): Promise<boolean>
}
