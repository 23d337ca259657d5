// Two PeerLinks in virtual time over channels in memory, which can lose, delay, reorder and hold back.

import { type Clock, VirtualClock } from '../../src/net/clock.ts'
import type { NetError } from '../../src/net/errors.ts'
import type { LinkChannel } from '../../src/net/link/channel.ts'
import { GAMEPLAY_LANE, type LaneTable } from '../../src/net/link/lane-table.ts'
import { type LinkEnd, type LinkEvents, PeerLink } from '../../src/net/link/peer-link.ts'
import { Kind } from '../../src/net/link/wire.ts'
import { seededRandom } from '../../src/net/random.ts'

/** What one link told its user. */
export type Told =
  | { readonly type: 'connected' }
  | { readonly type: 'packet'; readonly port: number; readonly ordered: boolean; readonly text: string }
  | { readonly type: 'drained'; readonly lane: number }
  | { readonly type: 'progress'; readonly direction: 'in' | 'out'; readonly bytes: number; readonly totalBytes: number }
  | { readonly type: 'rejected'; readonly error: NetError }
  | { readonly type: 'reconnecting' | 'reconnected' }
  | { readonly type: 'ended'; readonly reason: LinkEnd }

/** How the unreliable messages of one direction fare. */
export interface Weather {
  /** Whether the n-th message (from 0) is lost. */
  lose?: (n: number) => boolean
  /** How much later than usual the n-th message comes, in ms. */
  delay?: (n: number) => number
}

/** The sending end of a channel. */
export class MemoryChannel implements LinkChannel {
  /** Messages that wait on the sender's side, because `blocked`. */
  readonly held: Uint8Array[] = []
  /** Every message that was handed over. */
  readonly sent: Uint8Array[] = []
  /** The network takes nothing: what is sent counts as buffered. */
  blocked = false
  /** `putPacket` throws. */
  broken = false
  readonly #carry: (message: Uint8Array) => void

  constructor(carry: (message: Uint8Array) => void) {
    this.#carry = carry
  }

  get bufferedAmount(): number {
    return this.held.reduce((sum, message) => sum + message.length, 0)
  }

  putPacket(bytes: Uint8Array): void {
    if (this.broken) throw new Error('the channel is closed')
    const message = bytes.slice()
    this.sent.push(message)
    if (this.blocked) this.held.push(message)
    else this.#carry(message)
  }

  /** Lets everything go that was held back. */
  release(): void {
    this.blocked = false
    for (const message of this.held.splice(0)) this.#carry(message)
  }
}

export interface UnreliableOptions {
  readonly ordered?: boolean
  readonly port?: number
  readonly key?: string
  readonly receipt?: (delivered: boolean) => void
}

interface EndOptions {
  readonly lanes?: LaneTable | undefined
  readonly seed?: number
  readonly graceMs?: number | undefined
  readonly acknowledgesLate?: boolean | undefined
  readonly bulkWaits?: (() => boolean) | undefined
}

/** One end: a link, and what it told. */
export class End {
  readonly link: PeerLink
  channels: readonly MemoryChannel[]
  /** Which set of channels it uses: what comes over older ones does not reach it. */
  generation = 0
  readonly #newChannels: (generation: number) => MemoryChannel[]
  readonly told: Told[] = []
  /** Called at each event, after it was noted. */
  react: (told: Told) => void = () => {}

  constructor(
    clock: Clock,
    modes: readonly number[],
    carry: (port: number, reliable: boolean, message: Uint8Array, generation: number) => void,
    { lanes, seed = 1, graceMs, acknowledgesLate, bulkWaits }: EndOptions = {},
  ) {
    const reliable = [true, false, ...modes.map((mode) => mode === 2)]
    this.#newChannels = (generation) =>
      reliable.map((each, port) => new MemoryChannel((message) => carry(port, each, message, generation)))
    this.channels = this.#newChannels(0)
    const tell = (told: Told) => {
      this.told.push(told)
      this.react(told)
    }
    const events: LinkEvents = {
      connected: () => tell({ type: 'connected' }),
      packet: (port, _kind, ordered, payload) =>
        tell({ type: 'packet', port, ordered, text: Buffer.from(payload).toString('latin1') }),
      drained: (lane) => tell({ type: 'drained', lane }),
      progress: (direction, _lane, bytes, totalBytes) => tell({ type: 'progress', direction, bytes, totalBytes }),
      reconnecting: () => tell({ type: 'reconnecting' }),
      reconnected: () => tell({ type: 'reconnected' }),
      rejected: (error) => tell({ type: 'rejected', error }),
      ended: (reason) => tell({ type: 'ended', reason }),
      ...(bulkWaits && { bulkWaits }),
    }
    this.link = new PeerLink({
      channels: this.channels.map((channel, port) => ({ channel, reliable: reliable[port]! })),
      modes,
      clock,
      events,
      random: seededRandom(seed),
      graceMs,
      acknowledgesLate,
      ...(lanes && { lanes }),
    })
  }

  openAll(): void {
    for (const port of this.channels.keys()) this.link.opened(port)
  }

  /** Goes on over new channels. */
  moveTo(generation: number): void {
    this.generation = generation
    this.channels = this.#newChannels(generation)
    this.link.move(this.channels)
  }

  /** Sends at once. */
  send(text: string, port = 0, lane = GAMEPLAY_LANE): void {
    this.queue(text, port, lane)
    this.link.flush()
  }

  /** Goes at the next flush. */
  queue(text: string, port = 0, lane = GAMEPLAY_LANE): void {
    this.link.sendReliable(port, { kind: Kind.Bytes, payload: Buffer.from(text, 'latin1') }, lane)
  }

  /** Sends at once. */
  sendUnreliable(text: string, options: UnreliableOptions = {}): void {
    this.queueUnreliable(text, options)
    this.link.flush()
  }

  /** Goes at the next flush. */
  queueUnreliable(text: string, { ordered = false, port = 1, key, receipt }: UnreliableOptions = {}): void {
    this.link.sendUnreliable(port, { kind: Kind.Bytes, payload: Buffer.from(text, 'latin1') }, ordered, key, receipt)
  }

  /** The texts of the packets that arrived. */
  get texts(): string[] {
    return this.told.flatMap((each) => (each.type === 'packet' ? [each.text] : []))
  }

  get rejections(): string[] {
    return this.told.flatMap((each) => (each.type === 'rejected' ? [each.error.message] : []))
  }

  /** Why the link ended, as it was told. */
  get end(): LinkEnd | undefined {
    const last = this.told.at(-1)
    return last?.type === 'ended' ? last.reason : undefined
  }
}

export interface LinkPairOptions {
  /** The modes of the user channels, of each side. */
  readonly modes?: readonly number[]
  readonly modesB?: readonly number[]
  /** One way, in ms. */
  readonly latencyMs?: number
  readonly lanes?: LaneTable
  readonly graceMs?: number
  /** Of each side. */
  readonly acknowledgesLate?: readonly [boolean, boolean]
  /** What `a` is answered when much of its stream waits. */
  readonly bulkWaits?: () => boolean
}

export class LinkPair {
  readonly clock = new VirtualClock()
  readonly a: End
  readonly b: End
  /** Of what each side sends. */
  readonly weatherA: Weather = {}
  readonly weatherB: Weather = {}
  /** Nothing passes any more, in either direction. */
  cut = false
  /** Nothing passes this set of channels, nor those before it, any more. */
  #dropped = -1

  constructor(options: LinkPairOptions = {}) {
    const { modes = [], modesB = modes, latencyMs = 10, lanes, graceMs, acknowledgesLate, bulkWaits } = options
    const carrier = (weather: Weather, to: () => End) => {
      let count = 0
      return (port: number, reliable: boolean, message: Uint8Array, generation: number) => {
        const n = reliable ? 0 : count++
        if (this.cut || (!reliable && weather.lose?.(n))) return
        const delay = latencyMs + (reliable ? 0 : (weather.delay?.(n) ?? 0))
        this.clock.setTimeout(() => {
          if (generation <= this.#dropped) return
          // Who does not lead goes over to the new channels when it hears of the other there.
          if (generation > to().generation) to().moveTo(generation)
          if (generation === to().generation) to().link.receive(port, message)
        }, delay)
      }
    }
    this.a = new End(
      this.clock,
      modes,
      carrier(this.weatherA, () => this.b),
      { lanes, graceMs, bulkWaits, acknowledgesLate: acknowledgesLate?.[0] },
    )
    this.b = new End(
      this.clock,
      modesB,
      carrier(this.weatherB, () => this.a),
      { lanes, graceMs, seed: 2, acknowledgesLate: acknowledgesLate?.[1] },
    )
  }

  /** The channels of now break, on both sides, with all that is under way. */
  breakChannels(): void {
    this.#dropped = this.a.generation
    this.a.link.lost()
    this.b.link.lost()
  }

  /** New channels stand; the side `a` leads. */
  redial(): void {
    this.a.moveTo(this.a.generation + 1)
  }

  /** Both sides connected and everything of the greeting delivered. */
  static connected(options: LinkPairOptions = {}): LinkPair {
    const pair = new LinkPair(options)
    pair.a.openAll()
    pair.b.openAll()
    pair.clock.advance(100)
    return pair
  }
}
