// A peer in a process of its own whose SCTP lies when its parent says so. Its WebRTC is werift's, which is written in
// JavaScript, so that any part of it can be changed. Runs what users get, from dist/.

import { RTCPeerConnection } from 'werift'

const [, , signaling, room] = process.argv

/** @typedef {{ advertisedRwnd: number, lastReceivedTsn: number, sackNeeded: boolean, receiveDataChunk(chunk: unknown): void, sendSack(): Promise<void> }} Sctp */

/** @type {Set<() => Sctp>} */
const associations = new Set()

/** Looks like a browser's, as far as the browser's driver looks. */
class PageConnection extends RTCPeerConnection {
  constructor(/** @type {object} */ configuration) {
    super({ ...configuration, iceAdditionalHostAddresses: ['127.0.0.1'], iceUseIpv6: false })
    associations.add(() => /** @type {any} */ (this.sctpTransport)?.sctp)
  }

  /**
   * @override
   * @type {RTCPeerConnection['createDataChannel']}
   */
  createDataChannel(label, options) {
    const channel = super.createDataChannel(label, options)
    const send = channel.send.bind(channel)
    channel.send = (data) => send(typeof data === 'string' ? data : Buffer.from(data))
    return channel
  }
}

/** @type {Record<string, (sctp: Sctp) => void>} */
const LIES = {
  /** A window of nothing, whatever was read. */
  closed(sctp) {
    Object.defineProperty(sctp, 'advertisedRwnd', { get: () => 0, set() {} })
    // It really takes nothing: what comes is dropped, and the same is acknowledged as before.
    sctp.receiveDataChunk = () => {
      sctp.sackNeeded = true
    }
  },
  /** A window of 4 GiB, and nothing is ever acknowledged. */
  endless(sctp) {
    Object.defineProperty(sctp, 'advertisedRwnd', { get: () => 0xffffffff, set() {} })
    sctp.receiveDataChunk = () => {
      sctp.sackNeeded = true
    }
  },
  /** Acknowledges what was never sent. */
  ahead(sctp) {
    const sendSack = sctp.sendSack.bind(sctp)
    sctp.sendSack = () => {
      sctp.lastReceivedTsn = (sctp.lastReceivedTsn + 100_000) % 2 ** 32
      return sendSack()
    }
  },
}

process.on('message', (/** @type {string} */ lie) => {
  for (const sctp of associations) if (sctp()) LIES[lie]?.(sctp())
  process.send?.('lies')
})

Object.assign(globalThis, { RTCPeerConnection: PageConnection })
const root = new URL('../../dist/src/', import.meta.url)
await import(new URL('node.js', root).href)
const { browserDriver } = await import(new URL('net/drivers/browser.js', root).href)
const { joinRoom } = await import(new URL('index.js', root).href)
const joined = await joinRoom({ signaling, room, driver: browserDriver })
joined.on('peerConnected', (/** @type {number} */ id) => joined.send('hello', { to: id }))
joined.on('packet', (/** @type {unknown} */ value, /** @type {number} */ from) => {
  if (value === 'ping') joined.send('pong', { to: from })
})
