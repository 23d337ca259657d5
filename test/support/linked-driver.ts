// A WebRTC driver whose connections all go through a UDP link, whoever carries their signals: what the other end says is
// rewritten when it is handed to the platform. In Node and in pages; the link is asked over HTTP, see link-service.ts.

import type {
  ConnectionConfiguration,
  DriverConnection,
  DriverConnectionEvents,
  WebRTCDriver,
} from '../../src/net/drivers/driver.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'

/** Where a link is, and which end of it is meant. A driver cannot tell its remotes apart: it has one. */
export interface LinkEnd {
  readonly url: string
  readonly own: number
  readonly other: number
}

/** What the service is asked, as JSON. It answers with a `LinkAnswer`. */
export interface LinkQuestion {
  readonly from: number
  readonly to: number
  readonly connection: string
  readonly signal: Signal
}

/** The signal as the end is to hear it; none: not at all. */
export interface LinkAnswer {
  readonly signal?: Signal | undefined
}

export function linkedDriver(platform: WebRTCDriver, end: LinkEnd): WebRTCDriver {
  return {
    ...platform,
    createConnection: (configuration, events) => new LinkedConnection(platform, end, configuration, events),
  }
}

class LinkedConnection implements DriverConnection {
  readonly #platform: DriverConnection
  readonly #end: LinkEnd
  readonly #events: DriverConnectionEvents
  /** The ICE name in its offer: what both ends know it by. */
  #name = ''
  /** What is rewritten keeps its order. */
  #queue: Promise<void> = Promise.resolve()
  #closed = false

  constructor(
    platform: WebRTCDriver,
    end: LinkEnd,
    configuration: ConnectionConfiguration,
    events: DriverConnectionEvents,
  ) {
    this.#end = end
    this.#events = events
    this.#platform = platform.createConnection(configuration, {
      ...events,
      description: (type, sdp) => {
        if (type === 'offer') this.#name = nameIn(sdp)
        events.description(type, sdp)
      },
    })
  }

  createDataChannel: DriverConnection['createDataChannel'] = (...args) => this.#platform.createDataChannel(...args)
  createOffer = () => this.#platform.createOffer()
  setLocalDescription: DriverConnection['setLocalDescription'] = (...args) =>
    this.#platform.setLocalDescription(...args)
  restartIce = () => this.#platform.restartIce()
  selectedRoute = () => this.#platform.selectedRoute()

  setRemoteDescription(type: 'offer' | 'answer', sdp: string): void {
    if (type === 'offer') this.#name = nameIn(sdp)
    this.#hear({ kind: 'description', type, sdp })
  }

  addIceCandidate(media: string, index: number, name: string): void {
    this.#hear({ kind: 'candidate', media, index, name })
  }

  close(): void {
    this.#closed = true
    this.#platform.close()
  }

  #hear(told: Signal): void {
    this.#queue = this.#queue
      .then(async () => {
        if (this.#closed) return
        const signal = await this.#rewrite(told)
        if (this.#closed) return
        if (signal?.kind === 'description') this.#platform.setRemoteDescription(signal.type, signal.sdp)
        if (signal?.kind === 'candidate') this.#platform.addIceCandidate(signal.media, signal.index, signal.name)
      })
      .catch((cause) => {
        const error = new NetError('ERR_CONNECTION_ERROR', `The UDP link did not answer: ${cause}`, { cause })
        if (!this.#closed) this.#events.error(error)
      })
  }

  async #rewrite(signal: Signal): Promise<Signal | undefined> {
    const { url, own, other } = this.#end
    const question: LinkQuestion = { from: other, to: own, connection: this.#name, signal }
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(question) })
    return ((await response.json()) as LinkAnswer).signal
  }
}

function nameIn(offer: string): string {
  return /^a=ice-ufrag:(\S+)/m.exec(offer)?.[1] ?? ''
}
