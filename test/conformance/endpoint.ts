// Handles on a connection and a channel of a side: the library's surface, asynchronous because the side may be a page.

import type { WriteMode } from '../../src/net/data-channel.ts'
import type { Diagnosis } from '../../src/net/diagnosis.ts'
import {
  type ConnectionConfiguration,
  ConnectionState,
  type DataChannelOptions,
  type SelectedRoute,
} from '../../src/net/drivers/driver.ts'
import type { ChannelStats, ConnectionStats } from '../../src/net/statistics.ts'
import type { ChannelEventName, ChannelSnapshot, ConnectionEventName, Entry, Json, Reaction, States } from './host.ts'
import { fromText, type Packet } from './packet.ts'
import type { Side } from './side.ts'

/** How long an event may take, in ms: much longer than any needs, so that it only ends a wait for what never comes. */
const PATIENCE_MS = 10_000

/** Lets time pass until `promise` is settled: virtual time needs somebody to drive it. */
export type Settle = <T>(promise: Promise<T>) => Promise<T>

class Handle<EventName extends string> {
  readonly id: number
  readonly side: Side
  readonly settle: Settle
  #begin = 0
  /** What was found and not taken yet, and where to look for more. */
  readonly #queues = new Map<string, { from: number; readonly entries: Entry[] }>()

  constructor(side: Side, id: number, settle: Settle) {
    this.side = side
    this.id = id
    this.settle = settle
  }

  /** The arguments of the next event of that name that was not taken yet. */
  async next(name: EventName): Promise<readonly Json[]> {
    return (await this.nextEntry(name)).args
  }

  async nextEntry(name: EventName): Promise<Entry> {
    let queue = this.#queues.get(name)
    if (!queue) {
      queue = { from: this.#begin, entries: [] }
      this.#queues.set(name, queue)
    }
    if (queue.entries.length === 0) {
      const waiting = this.side.call('wait', this.id, name, queue.from)
      const found = await this.settle(
        withPatience(waiting, () => `No ${name} from ${this.side.facts.name}'s object ${this.id}.`),
      )
      if (!found) throw new Error(`The case ended while it waited for ${name}.`)
      queue.entries.push(...found.entries)
      queue.from = found.next
    }
    return queue.entries.shift()!
  }

  /** All that come, in batches, for as long as the case lasts. */
  async *all(name: EventName): AsyncGenerator<readonly Entry[]> {
    for (let from = this.#begin; ; ) {
      const found = await this.side.call('wait', this.id, name, from)
      if (!found) return
      from = found.next
      yield found.entries
    }
  }

  /** Forgets what was told before that place in the log. */
  protected begin(from: number): void {
    this.#begin = from
    this.#queues.clear()
  }

  /** What it told so far, in order. */
  async entries(): Promise<Entry[]> {
    return (await this.side.call('log')).filter(({ object }) => object === this.id)
  }

  /** The names of the events so far, in order. */
  async events(): Promise<string[]> {
    return (await this.entries()).map(({ name }) => name)
  }

  /** Waits until what `read` gives passes `test`: for what has no event. */
  async until<T>(read: () => Promise<T>, test: (value: T) => boolean): Promise<T> {
    let last: T | undefined
    let stopped = false
    const loop = async () => {
      for (;;) {
        last = await read()
        if (stopped || test(last)) return last
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }
    try {
      return await this.settle(withPatience(loop(), () => `It stayed at ${JSON.stringify(last)}.`))
    } finally {
      stopped = true
    }
  }

  react(event: EventName, ...reaction: Reaction): Promise<void> {
    return this.side.call('react', this.id, event as ConnectionEventName, reaction)
  }

  states(): Promise<States> {
    return this.side.call('states', this.id)
  }

  listen(): Promise<void> {
    return this.side.call('listen', this.id)
  }

  poll(): Promise<void> {
    return this.side.call('poll', this.id)
  }

  close(): Promise<void> {
    return this.side.call('close', this.id)
  }
}

export class Endpoint extends Handle<ConnectionEventName> {
  static async create(side: Side, settle: Settle, configuration = side.configuration): Promise<Endpoint> {
    return new Endpoint(side, await side.call('create', configuration), settle)
  }

  async initialize(configuration: ConnectionConfiguration = this.side.configuration): Promise<void> {
    this.begin(await this.side.call('initialize', this.id, configuration))
  }

  async createDataChannel(label: string, options: DataChannelOptions = {}): Promise<ChannelHandle> {
    return this.channel(await this.side.call('createDataChannel', this.id, label, options))
  }

  createOffer(): Promise<void> {
    return this.side.call('createOffer', this.id)
  }

  setLocalDescription(type: string, sdp: Json): Promise<void> {
    return this.side.call('setLocalDescription', this.id, type, sdp)
  }

  setRemoteDescription(type: string, sdp: Json): Promise<void> {
    return this.side.call('setRemoteDescription', this.id, type, sdp)
  }

  addIceCandidate(media: string, index: number, name: string): Promise<void> {
    return this.side.call('addIceCandidate', this.id, media, index, name)
  }

  restartIce(): Promise<boolean> {
    return this.side.call('restartIce', this.id)
  }

  selectedRoute(): Promise<SelectedRoute | undefined> {
    return this.side.call('selectedRoute', this.id)
  }

  fingerprints(): Promise<{ local: readonly string[]; remote: readonly string[] }> {
    return this.side.call('fingerprints', this.id)
  }

  stats(): Promise<ConnectionStats> {
    return this.side.call('stats', this.id)
  }

  diagnose(): Promise<Diagnosis> {
    return this.side.call('diagnose', this.id)
  }

  /** The next description, as `sessionDescriptionCreated` gave it. */
  async nextDescription(): Promise<[type: string, sdp: string]> {
    const [type, sdp] = await this.next('sessionDescriptionCreated')
    return [String(type), String(sdp)]
  }

  /** The next channel that the remote opened. */
  async nextChannel(): Promise<ChannelHandle> {
    const [id] = await this.next('dataChannelReceived')
    return this.channel(Number(id))
  }

  channel(id: number): ChannelHandle {
    return new ChannelHandle(this.side, id, this.settle)
  }

  /** Waits for a state, told by the event. A connection that failed reaches no other than `Closed`. */
  async reaches(state: number): Promise<void> {
    for (;;) {
      const [told] = await this.next('connectionStateChanged')
      if (told === state) return
      if (told === ConnectionState.Failed && state !== ConnectionState.Closed)
        throw new Error(`${this.side.facts.name}'s object ${this.id} failed before it reached state ${state}.`)
    }
  }

  /** The states that were told by the event, in order. */
  async stateChanges(): Promise<Json[]> {
    const entries = await this.entries()
    return entries.filter(({ name }) => name === 'connectionStateChanged').map(({ args }) => args[0])
  }
}

export class ChannelHandle extends Handle<ChannelEventName> {
  look(): Promise<ChannelSnapshot> {
    return this.side.call('look', this.id)
  }

  put(packet: Packet | string): Promise<void> {
    return this.side.call('put', this.id, typeof packet === 'string' ? fromText(packet) : packet)
  }

  get(): Promise<Packet> {
    return this.side.call('get', this.id)
  }

  stats(): Promise<ChannelStats> {
    return this.side.call('channelStats', this.id)
  }

  putVar(value: Json): Promise<void> {
    return this.side.call('putVar', this.id, value)
  }

  getVar(): Promise<Json> {
    return this.side.call('getVar', this.id)
  }

  setWriteMode(mode: WriteMode): Promise<void> {
    return this.side.call('setWriteMode', this.id, mode)
  }

  async opens(): Promise<this> {
    await this.next('open')
    return this
  }

  /** The next packet that an event brought. */
  async nextPacket(): Promise<Packet> {
    const [base64, isString] = await this.next('packet')
    return { base64: String(base64), isString: Boolean(isString) }
  }

  /** The next packet in the polled style: looks until one waits. */
  async pollPacket(): Promise<Packet> {
    await this.available(1)
    return this.get()
  }

  /** Waits until so many packets wait. */
  available(count: number): Promise<ChannelSnapshot> {
    return this.until(
      () => this.look(),
      ({ availablePacketCount }) => availablePacketCount >= count,
    )
  }
}

async function withPatience<T>(promise: Promise<T>, complaint: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), late])
    if (first) return first.value
    throw new Error(complaint())
  } finally {
    clearTimeout(timer)
  }
}
