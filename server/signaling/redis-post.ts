// Signals from process to process. Each has a channel of its own in Redis, so that nobody hears a signal whom it does not
// concern, its sender included. What one turn of the event loop brings for a process leaves as one command: a client's
// signals come in bursts, and a command for each would be most of what relaying them costs.

import type { RelayedSignal } from './adapter.ts'
import { REDIS_PARCEL_LENGTH } from './constants.ts'
import type { Flushable } from './write-batch.ts'
import { WriteBatch } from './write-batch.ts'

/** Resolves to how many heard it. */
type Publish = (channel: string, text: string) => Promise<number>

export class RedisPost {
  readonly #publish: Publish
  readonly #writes = new WriteBatch()
  readonly #parcels = new Map<string, Parcel>()

  constructor(publish: Publish) {
    this.#publish = publish
  }

  /** Sends to the listeners of `key` in the process that hears `channel`. Resolves to whether there is such a process. */
  send(channel: string, key: string, { from, to, text }: RelayedSignal): Promise<boolean> {
    const parcel = this.#parcels.get(channel) ?? this.#begin(channel)
    parcel.text += `${key} ${from} ${to} ${text.length}\n${text}`
    if (parcel.text.length >= REDIS_PARCEL_LENGTH) parcel.flush()
    return parcel.sent
  }

  #begin(channel: string): Parcel {
    const parcel = new Parcel(async (text) => {
      this.#parcels.delete(channel)
      return (await this.#publish(channel, text)) > 0
    })
    this.#parcels.set(channel, parcel)
    this.#writes.add(parcel)
    return parcel
  }
}

class Parcel implements Flushable {
  text = ''
  readonly sent: Promise<boolean>
  #flush: (() => void) | undefined

  constructor(send: (text: string) => Promise<boolean>) {
    this.sent = new Promise((resolve) => {
      this.#flush = () => resolve(send(this.text))
    })
  }

  flush(): void {
    this.#flush?.()
    this.#flush = undefined
  }
}

/** What a parcel holds. Written by this program, on this or another machine. */
export function* unpacked(parcel: string): Iterable<readonly [key: string, signal: RelayedSignal]> {
  for (let start = 0; start < parcel.length; ) {
    const beginning = parcel.indexOf('\n', start) + 1
    const [key = '', from, to, length] = parcel.slice(start, beginning).split(' ')
    const end = beginning + Number(length)
    // Another program's: there is no telling where the next one begins.
    if (!(end > start)) return
    yield [key, { type: 'signal', from: Number(from), to: Number(to), text: parcel.slice(beginning, end) }]
    start = end
  }
}
