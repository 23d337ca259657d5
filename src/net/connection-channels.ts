// The data channels of one peer connection: those that it made and those that the other side opened.

import type { ConnectionHistory } from './connection-history.ts'
import { WebRTCDataChannel } from './data-channel.ts'
import type { DataChannelOptions, DriverChannel } from './drivers/driver.ts'
import { NetError } from './errors.ts'
import type { ChannelStats } from './statistics.ts'

export class ConnectionChannels {
  readonly #all: WebRTCDataChannel[] = []

  get count(): number {
    return this.#all.length
  }

  get stats(): ChannelStats[] {
    return this.#all.map((channel) => channel.stats)
  }

  /** @throws {NetError} ERR_ALREADY_IN_USE: a negotiated channel has the id. */
  checkFree({ negotiated, id }: DataChannelOptions): void {
    if (negotiated && this.#all.some((other) => other.negotiated && other.id === id)) {
      throw new NetError('ERR_ALREADY_IN_USE', `The channel id ${id} is taken.`)
    }
  }

  /** @param told Hears when it opens and closes. */
  adopt(channel: DriverChannel, told: ConnectionHistory): WebRTCDataChannel {
    const adopted = new WebRTCDataChannel(channel, told.clock)
    adopted.once('open', () => {
      told.note('opened')
      told.openChannels += 1
      adopted.once('closed', () => {
        told.openChannels -= 1
      })
    })
    this.#all.push(adopted)
    return adopted
  }

  /** The connection is over. */
  end(): void {
    for (const channel of this.#all) channel.end()
  }
}
