// A second connection to a peer, for bulk alone, dialled over the first when bulk is first sent. On one association
// everything waits when SCTP slows down, for a loss or for a full window; on two, the game's does not wait for the transfer's.
// What failed or was lost is dialled again; attempts have numbers, so that what belongs to one that is over is known.

import * as v from 'valibot'
import type { Clock } from '../net/clock.ts'
import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { type ConnectionConfiguration, ConnectionState } from '../net/drivers/driver.ts'
import { NetError, toNetError } from '../net/errors.ts'
import { RELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { Attempt, FIRST_PROBLEM, Signal } from '../net/signaling/messages.ts'
import { BULK_PATIENCE_MS, BULK_REDIAL_MS, CONNECT_TIMEOUT_MS, MAX_BULK_ATTEMPTS } from './constants.ts'

/** What the two sides say about it, as JSON. `wanted`: from the side that does not offer. */
const BulkSignal = v.union([Signal, v.strictObject({ kind: v.literal('wanted'), attempt: Attempt })])
type BulkSignal = v.InferOutput<typeof BulkSignal>

export interface BulkConnectionParts {
  /** As it is now: a relay's credentials do not last. */
  readonly configuration: () => ConnectionConfiguration
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

/** A failure of it is one of all: there is to be none any more. */
const LAST_ATTEMPT = MAX_BULK_ATTEMPTS - 1

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class BulkConnection {
  /** `none`: not now. `shared`: bulk goes over the first connection from now on, because no other is wanted or can be. */
  state: 'none' | 'dialling' | 'open' | 'shared' = 'none'
  readonly #parts: BulkConnectionParts
  #connection: WebRTCPeerConnection | undefined
  #cancelTimeout = () => {}
  /** How many attempts are over: the number of the present or next one. */
  #attempt = 0
  /** When the present one began. */
  #begunAt = Number.NEGATIVE_INFINITY
  /** This side does not begin it sooner. */
  #notBefore = Number.NEGATIVE_INFINITY
  /** The last that this side called failed. Once is enough: whoever asks again need not read the answers, which would pile up. */
  #saidFailed = -1

  constructor(parts: BulkConnectionParts) {
    this.#parts = parts
  }

  /** This side has bulk to send. Returns whether it is worth waiting for: only the first attempt is, and not for long. */
  want(): boolean {
    const now = this.#parts.clock.now()
    if (this.state === 'none' && now >= this.#notBefore) {
      if (this.#parts.offers) this.#dial()
      else {
        this.#begin()
        this.#say({ kind: 'wanted', attempt: this.#attempt })
      }
    }
    return this.state === 'dialling' && this.#attempt === 0 && now - this.#begunAt < BULK_PATIENCE_MS
  }

  /** What the other side says. @throws {NetError} ERR_INVALID_DATA, ERR_UNCONFIGURED, ERR_OUT_OF_MEMORY */
  signal(payload: Uint8Array): void {
    const signal = read(payload)
    const { kind, attempt = 0 } = signal
    if (this.state === 'shared') {
      // It must not wait for what does not come.
      if (kind === 'wanted' || (kind === 'description' && signal.type === 'offer')) this.#sayFailed(LAST_ATTEMPT)
    } else if (kind === 'failed') {
      if (attempt >= this.#attempt) this.#end(attempt)
    } else if (attempt === this.#attempt) this.#take(signal)
  }

  /** It took no more, or the connection that it was dialled over is gone: where it was begun, it is over. */
  lose(): void {
    if (this.state !== 'none') this.#fail()
  }

  /** It carries nothing: the next would hardly be better, and hold bulk up as long. */
  giveUp(): void {
    this.#fail(LAST_ATTEMPT)
  }

  /** There is none from now on. */
  close(): void {
    this.state = 'shared'
    this.#closeConnection()
  }

  #take(signal: Exclude<BulkSignal, { kind: 'failed' }>): void {
    const { offers } = this.#parts
    switch (signal.kind) {
      case 'wanted':
        if (this.state === 'none' && offers) this.#dial()
        return
      case 'candidate':
        this.#connection?.addIceCandidate(signal.media, signal.index, signal.name)
        return
      case 'description':
        if (signal.type === 'offer') {
          if (offers || this.#connection) return
          this.#begin()
          this.#connect()
        }
        this.#connection?.setRemoteDescription(signal.type, signal.sdp)
    }
  }

  #begin(): void {
    if (this.state === 'dialling') return
    this.state = 'dialling'
    this.#begunAt = this.#parts.clock.now()
    this.#cancelTimeout = this.#parts.clock.setTimeout(() => this.#fail(), CONNECT_TIMEOUT_MS)
  }

  #dial(): void {
    this.#begin()
    try {
      this.#connect()?.createOffer()
    } catch {
      this.#fail()
    }
  }

  #connect(): WebRTCPeerConnection | undefined {
    const attempt = this.#attempt
    const connection = new WebRTCPeerConnection()
    this.#connection = connection
    try {
      connection.initialize(this.#parts.configuration())
      connection.on('sessionDescriptionCreated', (type, sdp) => {
        connection.setLocalDescription(type, sdp)
        this.#say({ kind: 'description', attempt, type, sdp })
      })
      connection.on('iceCandidateCreated', (media, index, name) =>
        this.#say({ kind: 'candidate', attempt, media, index, name }),
      )
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
      this.#fail()
    }
    return this.#connection
  }

  #lost(connection: WebRTCPeerConnection): void {
    if (this.#connection === connection) this.#fail()
  }

  /** It is over on this side, and those before `last` with it. */
  #fail(last = this.#attempt): void {
    if (this.state === 'shared') return
    this.#sayFailed(last)
    this.#end(last)
  }

  #end(last: number): void {
    const { clock, closed } = this.#parts
    const wasOpen = this.state === 'open'
    this.#attempt = last + 1
    this.#notBefore = clock.now() + BULK_REDIAL_MS * 2 ** last
    this.state = last < LAST_ATTEMPT ? 'none' : 'shared'
    this.#closeConnection()
    if (wasOpen) closed()
  }

  #closeConnection(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#cancelTimeout()
    connection?.close()
  }

  #sayFailed(attempt: number): void {
    if (attempt <= this.#saidFailed) return
    this.#saidFailed = attempt
    this.#say({ kind: 'failed', attempt })
  }

  /** The first attempt's number is left out. */
  #say({ attempt, ...signal }: BulkSignal): void {
    this.#parts.send(encoder.encode(JSON.stringify(attempt ? { ...signal, attempt } : signal)))
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
