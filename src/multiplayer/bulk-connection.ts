// A second connection to a peer, for bulk alone, dialled over the first when bulk is first sent. On one association
// everything waits when SCTP slows down, for a loss or for a full window; on two, the game's does not wait for the transfer's.

import * as v from 'valibot'
import type { Clock } from '../net/clock.ts'
import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { type ConnectionConfiguration, ConnectionState } from '../net/drivers/driver.ts'
import { NetError, toNetError } from '../net/errors.ts'
import { RELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { FIRST_PROBLEM, Signal } from '../net/signaling/messages.ts'
import { CONNECT_TIMEOUT_MS } from './constants.ts'

/** What the two sides say about it, as JSON. `wanted`: from the side that does not offer. */
const BulkSignal = v.union([Signal, v.strictObject({ kind: v.literal('wanted') })])
type BulkSignal = v.InferOutput<typeof BulkSignal>

export interface BulkConnectionParts {
  readonly configuration: ConnectionConfiguration
  /** One side of each pair offers. */
  readonly offers: boolean
  readonly clock: Clock
  send(payload: Uint8Array): void
  opened(channel: WebRTCDataChannel): void
  packet(message: Uint8Array): void
  drained(): void
  /** It was open and is no more. */
  closed(): void
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class BulkConnection {
  /** `shared`: bulk goes over the first connection, because there is no other, or none can be. */
  state: 'none' | 'dialling' | 'open' | 'shared' = 'none'
  readonly #parts: BulkConnectionParts
  #connection: WebRTCPeerConnection | undefined
  #cancelTimeout = () => {}
  /** Once is enough: whoever asks again need not read the answers, which would pile up. */
  #saidFailed = false

  constructor(parts: BulkConnectionParts) {
    this.#parts = parts
  }

  /** This side has bulk to send. Returns whether the connection is on its way. */
  want(): boolean {
    if (this.state === 'none') {
      if (this.#parts.offers) this.#dial()
      else {
        this.#begin()
        this.#say({ kind: 'wanted' })
      }
    }
    return this.state === 'dialling'
  }

  /** What the other side says. @throws {NetError} ERR_INVALID_DATA, ERR_UNCONFIGURED, ERR_OUT_OF_MEMORY */
  signal(payload: Uint8Array): void {
    const signal = read(payload)
    switch (signal.kind) {
      case 'wanted':
        if (this.state === 'shared') this.#sayFailed()
        else if (this.state === 'none' && this.#parts.offers) this.#dial()
        return
      case 'failed':
        this.#end(false)
        return
      case 'candidate':
        this.#connection?.addIceCandidate(signal.media, signal.index, signal.name)
        return
      case 'description':
        if (signal.type === 'offer') {
          // It must not wait for what does not come.
          if (this.state === 'shared') this.#sayFailed()
          if (this.#parts.offers || this.#connection || this.state === 'shared') return
          this.#begin()
          this.#connect()
        }
        this.#connection?.setRemoteDescription(signal.type, signal.sdp)
    }
  }

  /** It took no more, or carries nothing. */
  fail(): void {
    this.#end(true)
  }

  /** The connection that it was dialled over is gone, and it will hardly be better: where it was begun, it is no more. */
  end(): void {
    if (this.state === 'none') return
    this.#end(true)
  }

  /** There is none from now on. */
  close(): void {
    this.state = 'shared'
    this.#cancelTimeout()
    this.#connection?.close()
    this.#connection = undefined
  }

  #begin(): void {
    if (this.state === 'dialling') return
    this.state = 'dialling'
    this.#cancelTimeout = this.#parts.clock.setTimeout(() => this.#end(true), CONNECT_TIMEOUT_MS)
  }

  #dial(): void {
    this.#begin()
    try {
      this.#connect()?.createOffer()
    } catch {
      this.#end(true)
    }
  }

  #connect(): WebRTCPeerConnection | undefined {
    const connection = new WebRTCPeerConnection()
    this.#connection = connection
    try {
      connection.initialize(this.#parts.configuration)
      connection.on('sessionDescriptionCreated', (type, sdp) => {
        connection.setLocalDescription(type, sdp)
        this.#say({ kind: 'description', type, sdp })
      })
      connection.on('iceCandidateCreated', (media, index, name) => this.#say({ kind: 'candidate', media, index, name }))
      connection.on('connectionStateChanged', (state) => {
        if (state === ConnectionState.Failed || state === ConnectionState.Closed) this.#lost(connection)
      })
      // What goes wrong with it is told by its state, and bulk goes the other way.
      connection.on('error', () => {})
      const channel = connection.createDataChannel('bulk', { negotiated: true, id: 1, ordered: true })
      channel.drainThreshold = RELIABLE_HIGH_WATER / 2
      channel.on('open', () => {
        if (this.#connection !== connection) return
        this.#cancelTimeout()
        this.state = 'open'
        this.#parts.opened(channel)
      })
      channel.on('packet', (message) => this.#parts.packet(message))
      channel.on('drained', () => this.#parts.drained())
      channel.on('closed', () => this.#lost(connection))
    } catch {
      // The machine has no more of them: the first connection does it all.
      this.#end(true)
    }
    return this.#connection
  }

  #lost(connection: WebRTCPeerConnection): void {
    if (this.#connection === connection) this.#end(true)
  }

  #end(tell: boolean): void {
    if (this.state === 'shared') return
    const wasOpen = this.state === 'open'
    this.close()
    if (tell) this.#sayFailed()
    if (wasOpen) this.#parts.closed()
  }

  #sayFailed(): void {
    if (this.#saidFailed) return
    this.#saidFailed = true
    this.#say({ kind: 'failed' })
  }

  #say(signal: BulkSignal): void {
    this.#parts.send(encoder.encode(JSON.stringify(signal)))
  }
}

function read(payload: Uint8Array): BulkSignal {
  let json: unknown
  try {
    json = JSON.parse(decoder.decode(payload))
  } catch (cause) {
    throw toNetError(cause, 'ERR_INVALID_DATA', 'A signal of the bulk connection is JSON.')
  }
  const result = v.safeParse(BulkSignal, json, FIRST_PROBLEM)
  if (result.success) return result.output
  throw new NetError('ERR_INVALID_DATA', `A signal of the bulk connection: ${result.issues[0].message.slice(0, 200)}`)
}
