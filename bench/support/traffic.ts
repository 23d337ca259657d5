// The traffic of a game, and what becomes of it: states and gameplay packets at a steady pace, a bulk transfer beside
// them. The same in Node and in a page. Times are ms of the machine's clock.

import { Kind, type LineEnd } from './line.ts'

/** Packets of one kind: so many a second, each of so many bytes (at least 13). */
export interface Stream {
  readonly hz: number
  readonly bytes: number
}

export interface Plan {
  readonly state?: Stream
  readonly gameplay?: Stream
  /** Sent at once, at the start. */
  readonly bulkBytes?: number
}

/** What was sent: when, by number. */
export interface Sent {
  readonly states: readonly number[]
  readonly gameplay: readonly number[]
  readonly bulkAt: number | undefined
}

/** What arrived: sent when, and received when. */
export interface Received {
  readonly states: readonly Arrival[]
  readonly gameplay: readonly Arrival[]
  readonly bulkBytes: number
}
export type Arrival = readonly [sentAt: number, receivedAt: number]

const KIND = 0
const SERIES = 1
const SENT_AT = 5

/** Sends by `plan` until it is stopped. */
export class TrafficSource {
  readonly #end: LineEnd
  readonly #now: () => number
  readonly #series: number
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  readonly #states: number[] = []
  readonly #gameplay: number[] = []
  #bulkAt: number | undefined
  #failure: unknown

  /** @param series Tells the packets of this plan from those of earlier ones. */
  constructor(end: LineEnd, now: () => number, series: number) {
    this.#end = end
    this.#now = now
    this.#series = series
  }

  start({ state, gameplay, bulkBytes }: Plan): void {
    if (state) this.#repeat(Kind.State, state, this.#states, (packet) => this.#end.sendState(packet))
    if (gameplay) this.#repeat(Kind.Gameplay, gameplay, this.#gameplay, (packet) => this.#end.sendGameplay(packet))
    if (bulkBytes) {
      this.#bulkAt = this.#now()
      this.#end.sendBulk(bulkBytes).catch((error: unknown) => {
        this.#failure = error
      })
    }
  }

  /** Ends the streams. What of the transfer was handed over already still goes. */
  stop(): Sent {
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#failure !== undefined) throw this.#failure
    return { states: this.#states, gameplay: this.#gameplay, bulkAt: this.#bulkAt }
  }

  #repeat(kind: number, { hz, bytes }: Stream, log: number[], send: (packet: Uint8Array) => void): void {
    const startAt = this.#now()
    const step = () => {
      const packet = new Uint8Array(bytes)
      const view = new DataView(packet.buffer)
      const sentAt = this.#now()
      view.setUint8(KIND, kind)
      view.setUint32(SERIES, this.#series)
      view.setFloat64(SENT_AT, sentAt)
      try {
        send(packet)
        log.push(sentAt)
      } catch (error) {
        this.#failure ??= error
        return
      }
      later()
    }
    let count = 0
    const later = () => {
      count += 1
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          step()
        },
        Math.max(0, startAt + (count * 1000) / hz - this.#now()),
      )
      this.#timers.add(timer)
    }
    step()
  }
}

/** Notes what arrives at an end, one series at a time. */
export class TrafficMeter {
  readonly #now: () => number
  #series = -1
  #states: Arrival[] = []
  #gameplay: Arrival[] = []
  #bulkBytes = 0
  #bulkAt = 0
  #wanted: { readonly bytes: number; readonly resolve: (at: number) => void } | undefined

  constructor(end: LineEnd, now: () => number) {
    this.#now = now
    end.onPacket = (bytes) => this.#hear(bytes)
  }

  /** Forgets what came and starts a new series. Bulk bytes have no series: let the last transfer end first. */
  begin(series: number): void {
    this.#series = series
    this.#states = []
    this.#gameplay = []
    this.#bulkBytes = 0
    this.#wanted = undefined
  }

  /** Resolves with when the `bytes`-th byte of bulk came, or `undefined` after `timeoutMs`. */
  bulk(bytes: number, timeoutMs: number): Promise<number | undefined> {
    if (this.#bulkBytes >= bytes) return Promise.resolve(this.#bulkAt)
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs)
      this.#wanted = {
        bytes,
        resolve: (at) => {
          clearTimeout(timer)
          resolve(at)
        },
      }
    })
  }

  received(): Received {
    return { states: this.#states, gameplay: this.#gameplay, bulkBytes: this.#bulkBytes }
  }

  #hear(bytes: Uint8Array): void {
    const receivedAt = this.#now()
    if (bytes[KIND] === Kind.Bulk) {
      this.#bulkBytes += bytes.length
      this.#bulkAt = receivedAt
      if (this.#wanted && this.#bulkBytes >= this.#wanted.bytes) this.#wanted.resolve(receivedAt)
      return
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (view.getUint32(SERIES) !== this.#series) return
    const arrival: Arrival = [view.getFloat64(SENT_AT), receivedAt]
    if (bytes[KIND] === Kind.State) this.#states.push(arrival)
    else this.#gameplay.push(arrival)
  }
}
