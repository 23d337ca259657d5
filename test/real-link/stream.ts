// Numbered packets at a steady pace, and what came of them. Runs in Node and in the test page.

import { type Room, TransferMode } from '../../src/index.ts'
import { MAX_UNRELIABLE_WAIT_MS } from '../../src/net/link/constants.ts'
import { Kind } from '../../src/net/link/wire.ts'

export interface StreamPlan {
  readonly name: string
  readonly mode: TransferMode
  readonly count: number
  readonly periodMs: number
}

export interface Arrival {
  readonly sequence: number
  /** By the clocks of both sides, which differ by a constant: for comparison only. */
  readonly delayMs: number
  /** Its place among the arrivals of all streams. */
  readonly place: number
}

/** One side's end of the streams. Arguments and results can be passed between processes. */
export interface StreamEnd {
  /** Sends to the other one. Resolves with how many packets the channel was given: a link drops what waits for too long. */
  send(plan: StreamPlan): Promise<number>
  /** What arrived of a stream, in the order of its arrival. */
  arrivals(name: string): Promise<Arrival[]>
  /** Sends this many bytes of bulk to everyone. */
  sendBulk(bytes: number): Promise<void>
  /** The bytes of bulk that arrived, and how bulk goes to the other end. */
  bulk(): Promise<{ readonly received: number; readonly route: 'own' | 'shared' }>
  /** What was told of the other side since it was connected, and of errors. */
  log(): Promise<string[]>
  /** Whether the connection to the other side is still the one that the two began with. */
  hasFirstConnection(): Promise<boolean>
}

/** About the size of a player's state. */
const PADDING = '.'.repeat(40)

const wallClock = () => performance.timeOrigin + performance.now()

export class RoomStreamEnd implements StreamEnd {
  readonly #room: Room
  readonly #arrivals = new Map<string, Arrival[]>()
  readonly #log: string[] = []
  #beganAt: number | undefined
  #count = 0
  #bulkBytes = 0
  /** Unreliable packets that went out: those in order, and the others. */
  readonly #given = { ordered: 0, unordered: 0 }

  constructor(room: Room) {
    this.#room = room
    room.on('peerConnected', (id) => {
      this.#beganAt = this.#connectionBegan()
      room.tap(id, ({ direction, kind, reliable, ordered }) => {
        if (direction === 'out' && kind === Kind.Value && !reliable) this.#given[ordered ? 'ordered' : 'unordered'] += 1
      })
    })
    room.on('peerReconnecting', () => this.#log.push('reconnecting'))
    room.on('peerReconnected', () => this.#log.push('reconnected'))
    room.on('peerDisconnected', (_id, reason) => this.#log.push(reason))
    room.on('error', ({ code }) => this.#log.push(code))
    room.on('packet', (value) => {
      if (value instanceof Uint8Array) {
        this.#bulkBytes += value.length
        return
      }
      const now = wallClock()
      const [name, sequence, sentAt] = value as [string, number, number]
      const list = this.#arrivals.get(name) ?? []
      this.#arrivals.set(name, list)
      list.push({ sequence, delayMs: now - sentAt, place: this.#count++ })
    })
  }

  send({ name, mode, count, periodMs }: StreamPlan): Promise<number> {
    const which = mode === TransferMode.UnreliableOrdered ? 'ordered' : 'unordered'
    const before = this.#given[which]
    return new Promise((resolve) => {
      let sequence = 0
      // A late tick is not made up for: packets that leave together might be lost together.
      const timer = setInterval(() => {
        this.#room.send([name, sequence, wallClock(), PADDING], { mode })
        sequence += 1
        if (sequence < count) return
        clearInterval(timer)
        // What still waits goes, or is dropped.
        setTimeout(() => resolve(this.#given[which] - before), 2 * MAX_UNRELIABLE_WAIT_MS)
      }, periodMs)
    })
  }

  async arrivals(name: string): Promise<Arrival[]> {
    return this.#arrivals.get(name) ?? []
  }

  async log(): Promise<string[]> {
    return this.#log
  }

  async hasFirstConnection(): Promise<boolean> {
    return this.#beganAt === this.#connectionBegan()
  }

  #connectionBegan(): number | undefined {
    const [other] = this.#room.peers
    return other === undefined ? undefined : this.#room.stats(other).history[0]?.atMs
  }

  async sendBulk(bytes: number): Promise<void> {
    this.#room.sendBytes(new Uint8Array(bytes), { mode: TransferMode.Reliable, lane: 'bulk' })
  }

  async bulk(): Promise<{ received: number; route: 'own' | 'shared' }> {
    const [other] = this.#room.peers
    return { received: this.#bulkBytes, route: this.#room.stats(other!).bulkRoute }
  }
}
