// Chunks that were sent and are not acknowledged for good: which are in flight, arrived, lost, given up.

import { MISSES_UNTIL_LOST } from '../constants.ts'
import { chunkBytes, type DataChunk, type ForwardTsn, type Message, type Sack } from './types.ts'

interface Entry {
  readonly chunk: DataChunk
  state: 'flying' | 'arrived' | 'lost' | 'abandoned'
  /** How many reports said that something later arrived. */
  misses: number
  /** Only reports about this TSN or later ones count: it is the first that was sent after this chunk was. */
  missesFrom: number
  transmissions: number
  sentAt: number
}

/** What a report brought. */
export interface Progress {
  /** Bytes newly known to have arrived. */
  readonly acknowledged: number
  /** Everything up to here has arrived or was given up; and whether that is news. */
  readonly advanced: boolean
  /** A round trip in ms, if one could be measured. */
  readonly roundTrip: number | undefined
  /** Something was found lost. */
  readonly losses: boolean
}

/** What a report has brought so far. */
interface News {
  acknowledged: number
  newest: number
  roundTrip: number | undefined
}

export class Outstanding {
  /** By TSN, without gaps: the first is `cumulative + 1`. */
  #entries: Entry[] = []
  #cumulative = 0
  #nextTsn = 1
  #flight = 0
  #lost = 0
  /** The TSN whose round trip is being measured (one at a time, and none that was sent twice: Karn). */
  #timed: number | undefined
  readonly #onAbandoned: (message: Message) => void

  /** @param onAbandoned A message was given up: what was not sent of it need not be. */
  constructor(onAbandoned: (message: Message) => void) {
    this.#onAbandoned = onAbandoned
  }

  /** Bytes in flight, with chunk headers. */
  get flight(): number {
    return this.#flight
  }
  get cumulative(): number {
    return this.#cumulative
  }
  get newest(): number {
    return this.#nextTsn - 1
  }
  get isEmpty(): boolean {
    return this.#entries.length === 0
  }
  get hasLost(): boolean {
    return this.#lost > 0
  }

  /** A piece of a message goes out for the first time. */
  add(message: Message, bytes: number, now: number): DataChunk {
    const chunk: DataChunk = { tsn: this.#nextTsn++, message, bytes }
    if (message.firstTsn < 0) message.firstTsn = chunk.tsn
    message.lastTsn = chunk.tsn
    this.#entries.push({ chunk, state: 'flying', misses: 0, missesFrom: 0, transmissions: 1, sentAt: now })
    this.#flight += chunkBytes(bytes)
    this.#timed ??= chunk.tsn
    return chunk
  }

  /** The oldest lost chunk, which goes out again if it is not larger than `room`. */
  resend(room: number, now: number): DataChunk | undefined {
    if (this.#lost === 0) return undefined
    const entry = this.#entries.find(({ state }) => state === 'lost')!
    if (entry.chunk.message.expiresAt <= now) {
      this.abandon(entry.chunk.message)
      return this.resend(room, now)
    }
    const size = chunkBytes(entry.chunk.bytes)
    if (size > room) return undefined
    entry.state = 'flying'
    entry.misses = 0
    entry.missesFrom = this.#nextTsn
    entry.transmissions += 1
    entry.sentAt = now
    this.#lost -= 1
    this.#flight += size
    if (this.#timed === entry.chunk.tsn) this.#timed = undefined
    return entry.chunk
  }

  /** @param countAll In fast recovery every missing chunk is counted (RFC 9260, 7.2.4), if the report advances. */
  acknowledge({ cumulative, ranges }: Sack, countAll: boolean, now: number): Progress {
    const news: News = { acknowledged: 0, newest: 0, roundTrip: undefined }
    const advanced = cumulative > this.#cumulative
    if (advanced) {
      const count = Math.min(cumulative - this.#cumulative, this.#entries.length)
      for (let i = 0; i < count; i++) this.#arrive(this.#entries[i]!, news, now)
      if (count === this.#entries.length) this.#entries.length = 0
      else this.#entries.splice(0, count)
      this.#cumulative = cumulative
    }
    for (let i = 0; i < ranges.length; i += 2) {
      for (let tsn = ranges[i]!; tsn <= ranges[i + 1]!; tsn++) {
        const entry = this.#entries[tsn - this.#cumulative - 1]
        if (entry && entry.state !== 'arrived') this.#arrive(entry, news, now)
      }
    }
    const limit = countAll && advanced ? (ranges.at(-1) ?? 0) : news.newest
    const { acknowledged, roundTrip } = news
    return { acknowledged, advanced, roundTrip, losses: this.#countMisses(limit, now) }
  }

  /** Nothing was heard in time: what has been in flight since `sentBefore` or longer is held for lost. */
  loseOld(sentBefore: number, now: number): void {
    for (const entry of this.#entries) if (entry.sentAt <= sentBefore) this.#lose(entry, now)
  }

  /** Gives up a whole message. */
  abandon(message: Message): void {
    if (message.abandoned) return
    message.abandoned = true
    for (let tsn = Math.max(message.firstTsn, this.#cumulative + 1); tsn <= message.lastTsn; tsn++) {
      const entry = this.#entries[tsn - this.#cumulative - 1]
      if (entry && entry.state !== 'arrived') this.#leave(entry, 'abandoned')
    }
    this.#onAbandoned(message)
  }

  /** What to tell the receiver about given-up chunks at the front; `undefined`: there are none. */
  forward(): ForwardTsn | undefined {
    if (this.#entries[0]?.state !== 'abandoned') return undefined
    let tsn = 0
    const sequences = new Map<number, number>()
    for (const { state, chunk } of this.#entries) {
      if (state === 'abandoned') {
        tsn = chunk.tsn
        if (chunk.message.ordered) sequences.set(chunk.message.stream, chunk.message.sequence)
      } else if (state !== 'arrived') break
    }
    return { tsn, sequences }
  }

  #arrive(entry: Entry, news: News, now: number): void {
    if (entry.state === 'arrived') return
    const counts = entry.state !== 'abandoned'
    if (counts) {
      news.acknowledged += entry.chunk.bytes
      if (entry.chunk.tsn > news.newest) news.newest = entry.chunk.tsn
    }
    if (entry.chunk.tsn === this.#timed) {
      if (entry.transmissions === 1 && counts) news.roundTrip = now - entry.sentAt
      this.#timed = undefined
    }
    this.#leave(entry, 'arrived')
  }

  #countMisses(limit: number, now: number): boolean {
    let losses = false
    for (let i = 0; i < limit - this.#cumulative - 1; i++) {
      const entry = this.#entries[i]
      // Reports count against a chunk that was sent again only if they are about what was sent after it (usrsctp;
      // RFC 9260 leaves its second loss to the timeout).
      if (entry?.state !== 'flying' || entry.missesFrom > limit) continue
      entry.misses += 1
      if (entry.misses < MISSES_UNTIL_LOST) continue
      this.#lose(entry, now)
      losses = true
    }
    return losses
  }

  #lose(entry: Entry, now: number): void {
    const { message } = entry.chunk
    if (entry.state !== 'flying') return
    if (entry.transmissions > message.maxRetransmits || message.expiresAt <= now) {
      this.abandon(message)
      return
    }
    this.#leave(entry, 'lost')
    this.#lost += 1
  }

  #leave(entry: Entry, state: Entry['state']): void {
    if (entry.state === 'flying') this.#flight -= chunkBytes(entry.chunk.bytes)
    else if (entry.state === 'lost') this.#lost -= 1
    if (state === 'abandoned' && this.#timed === entry.chunk.tsn) this.#timed = undefined
    entry.state = state
  }
}
