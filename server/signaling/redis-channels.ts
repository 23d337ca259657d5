// The channels that one process listens to in Redis: one subscription each, however many listeners; and its own channel, on
// which signals for all of them come (redis-post.ts). All on one connection, which keeps them in their order.

import type { RedisClientType } from 'redis'
import { reportUncaught } from '../../src/net/emitter.ts'
import type { ChannelEvent, StoredRecord } from './adapter.ts'
import { unpacked } from './redis-post.ts'

export type ChannelListener = (event: ChannelEvent<StoredRecord>) => void

interface Subscription {
  readonly listeners: Set<ChannelListener>
  isOn: boolean
  /** Subscribing and its end take time, and must not overtake each other. */
  work: Promise<void>
}

export interface RedisChannelsParts {
  /** Only for this. */
  readonly client: RedisClientType
  /** This process' own. */
  readonly ownChannel: string
  readonly channelOf: (key: string) => string
  readonly onError: (error: unknown) => void
}

export class RedisChannels {
  readonly #client: RedisClientType
  readonly #ownChannel: string
  readonly #channelOf: (key: string) => string
  readonly #onError: (error: unknown) => void
  readonly #subscriptions = new Map<string, Subscription>()
  /** Resolves when the own channel is heard. */
  #hearing: Promise<void> | undefined

  constructor({ client, ownChannel, channelOf, onError }: RedisChannelsParts) {
    this.#client = client
    this.#ownChannel = ownChannel
    this.#channelOf = channelOf
    this.#onError = onError
    let connectedBefore = false
    // By then the client has subscribed again to everything.
    client.on('ready', () => {
      if (connectedBefore) this.#tellOfGap()
      connectedBefore = true
    })
  }

  /** Resolves when `listener` hears the channel of `key`, and signals, to what ends that. */
  async add(key: string, listener: ChannelListener): Promise<() => void> {
    const channel = this.#channelOf(key)
    const known = this.#subscriptions.get(channel)
    const subscription: Subscription = known ?? { listeners: new Set(), isOn: false, work: Promise.resolve() }
    this.#subscriptions.set(channel, subscription)
    subscription.listeners.add(listener)
    const remove = () => {
      if (!subscription.listeners.delete(listener) || subscription.listeners.size > 0) return
      subscription.work = this.#settle(channel, subscription).catch(this.#onError)
    }
    const listening = this.#settle(channel, subscription)
    subscription.work = listening.catch(() => {})
    try {
      await this.#hearOwn()
      await listening
    } catch (error) {
      remove()
      throw error
    }
    return remove
  }

  #hearOwn(): Promise<void> {
    this.#hearing ??= this.#client.subscribe(this.#ownChannel, this.#deliverSignals).catch((error: unknown) => {
      this.#hearing = undefined
      throw error
    })
    return this.#hearing
  }

  /** Has the subscription on while there are listeners, and off when there are none. */
  async #settle(channel: string, subscription: Subscription): Promise<void> {
    await subscription.work
    const wanted = subscription.listeners.size > 0
    if (wanted && !subscription.isOn) {
      await this.#client.subscribe(channel, this.#deliver)
      subscription.isOn = true
    } else if (!wanted && subscription.isOn) {
      subscription.isOn = false
      await this.#client.unsubscribe(channel, this.#deliver)
    }
    if (subscription.listeners.size === 0 && !subscription.isOn && this.#subscriptions.get(channel) === subscription) {
      this.#subscriptions.delete(channel)
    }
  }

  readonly #deliver = (text: string, channel: string) => {
    const listeners = this.#subscriptions.get(channel)?.listeners
    if (!listeners) return
    try {
      // Written by this program, on this or another machine. Read once: a room of 256 is 100 kB.
      tell(listeners, JSON.parse(text) as ChannelEvent<StoredRecord>)
    } catch (error) {
      this.#onError(error)
    }
  }

  readonly #deliverSignals = (parcel: string) => {
    for (const [key, signal] of unpacked(parcel)) {
      const listeners = this.#subscriptions.get(this.#channelOf(key))?.listeners
      if (listeners) tell(listeners, signal)
    }
  }

  #tellOfGap(): void {
    for (const { listeners } of [...this.#subscriptions.values()]) tell(listeners, { type: 'gap' })
  }
}

function tell(listeners: ReadonlySet<ChannelListener>, event: ChannelEvent<StoredRecord>): void {
  for (const listener of [...listeners]) {
    try {
      listener(event)
    } catch (error) {
      reportUncaught(error)
    }
  }
}
