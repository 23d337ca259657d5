// What the clients of one address, and the members of one room, may do together. What one client may do alone is its own
// token bucket; a shared budget that is used up refuses without blaming the one who happened to ask.

import { isIPv6 } from 'node:net'
import type { Clock } from '../../src/net/clock.ts'
import { TokenBucket } from '../../src/net/token-bucket.ts'
import {
  ADDRESSES_OF_NETWORK,
  LISTINGS_AT_ONCE_PER_ADDRESS,
  LISTINGS_PER_SECOND_PER_ADDRESS,
  MAX_BUDGET_KEYS,
  PASSWORDS_AT_ONCE_PER_ADDRESS,
  PASSWORDS_PER_SECOND_PER_ADDRESS,
  SHARED_MESSAGE_BURST_SECONDS,
} from './constants.ts'

export interface BudgetLimits {
  readonly connectionsPerAddress: number
  readonly connectsPerSecondPerAddress: number
  readonly failedEntriesPerMinutePerAddress: number
  readonly messagesPerSecondPerAddress: number
  readonly messagesPerSecondPerRoom: number
}

export class Budgets {
  /** New connections of an address. As many at once as it may have open, and a second's more. */
  readonly connects: KeyedBuckets
  /** Entries of an address that fail: guessed room codes, passwords and tickets. */
  readonly failedEntries: KeyedBuckets
  /** The same, of all addresses of one IPv6 customer together. */
  readonly failedEntriesOfNetwork: KeyedBuckets
  readonly addressMessages: KeyedBuckets
  /** Listings of an address: each may look at hundreds of rooms. */
  readonly listings: KeyedBuckets
  /** Passwords of an address, right or wrong, of new rooms or old ones: each is 50 ms of a processor. */
  readonly passwords: KeyedBuckets
  readonly roomMessages: KeyedBuckets

  constructor(clock: Clock, limits: BudgetLimits) {
    const buckets = (size: number, perSecond: number) => new KeyedBuckets(clock, size, perSecond)
    const messages = (perSecond: number) => buckets(perSecond * SHARED_MESSAGE_BURST_SECONDS, perSecond)
    const { connectionsPerAddress, connectsPerSecondPerAddress } = limits
    this.connects = buckets(connectionsPerAddress + connectsPerSecondPerAddress, connectsPerSecondPerAddress)
    const failures = limits.failedEntriesPerMinutePerAddress
    const ofNetwork = ADDRESSES_OF_NETWORK * failures
    this.failedEntries = buckets(failures, failures / 60)
    this.failedEntriesOfNetwork = buckets(ofNetwork, ofNetwork / 60)
    this.addressMessages = messages(limits.messagesPerSecondPerAddress)
    this.listings = buckets(LISTINGS_AT_ONCE_PER_ADDRESS, LISTINGS_PER_SECOND_PER_ADDRESS)
    this.passwords = buckets(PASSWORDS_AT_ONCE_PER_ADDRESS, PASSWORDS_PER_SECOND_PER_ADDRESS)
    this.roomMessages = messages(limits.messagesPerSecondPerRoom)
  }
}

/** A token bucket for each key, made full when first asked for. The key that was not asked for longest is forgotten. */
export class KeyedBuckets {
  readonly #clock: Clock
  readonly #size: number
  readonly #perSecond: number
  readonly #maxKeys: number
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(clock: Clock, size: number, perSecond: number, maxKeys: number = MAX_BUDGET_KEYS) {
    this.#clock = clock
    this.#size = size
    this.#perSecond = perSecond
    this.#maxKeys = maxKeys
  }

  get keyCount(): number {
    return this.#buckets.size
  }

  /** Takes `count` tokens of `key`'s if there are as many; otherwise takes none and returns false. */
  take(key: string, count: number): boolean {
    return this.bucket(key).take(count)
  }

  /** The bucket of `key`. Whoever takes from it often keeps it: one that is forgotten meanwhile goes on for its keepers. */
  bucket(key: string): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#clock, this.#size, this.#perSecond)
    // Put at the end, so that the first is always the one that was not asked for longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#maxKeys) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return bucket
  }

  /** Gives back tokens that were taken for what then did not happen. */
  giveBack(key: string, count: number): void {
    this.#buckets.get(key)?.give(count)
  }
}

/**
 * What counts as one address: an IPv4 address also where it is written as IPv6, and an IPv6 network of 64 bits, because
 * whoever has one address of it has all of them.
 */
export function addressKey(address: string): string {
  const text = address.replace(/%.*$/, '').toLowerCase()
  if (!isIPv6(text)) return address
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? []
  if (mapped) return mapped
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** The network of 48 bits around what `addressKey` gives for an IPv6 address: providers give one to whoever asks. */
export function networkKey(addressKey: string): string | undefined {
  if (!addressKey.endsWith('::/64')) return undefined
  return `${addressKey.split(':').slice(0, 3).join(':')}::/48`
}
