// The channels that one process listens to in Redis: one subscription each, however many listeners.

import type { RedisClientType } from 'redis'
import { reportUncaught } from '../../src/net/emitter.ts'
import type { ChannelEvent, StoredRecord } from './adapter.ts'

export type ChannelListener = (event: ChannelEvent<StoredRecord>) => void

interface Subscription {
  readonly listeners: Set<ChannelListener>
  isOn: boolean
  /** Subscribing and its end take time, and must not overtake each other. */
  work: Promise<void>
}

export class RedisChannels {
  readonly #client: RedisClientType
  readonly #onError: (error: unknown) => void
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(client: RedisClientType, onError: (error: unknown) => void) {
    this.#client = client
    this.#onError = onError
    let connectedBefore = false
    // By then the client has subscribed again to everything.
    client.on('ready', () => {
      if (connectedBefore) this.#tellOfGap()
      connectedBefore = true
    })
  }

  /** Resolves when `listener` hears the channel, to what ends that. */
  async add(channel: string, listener: ChannelListener): Promise<() => void> {
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
      await listening
    } catch (error) {
      remove()
      throw error
    }
    return remove
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
