// Signaling between tabs of one origin, without a server. Every room is a BroadcastChannel of its own; the room's host
// is the one who changes the room's record and sends it to all. The members' side is in broadcast-session.ts.

import { every } from '../clock.ts'
import { NetError } from '../errors.ts'
import type { BroadcastMessage } from './broadcast-messages.ts'
import { unwrapBroadcast, wrapBroadcast } from './broadcast-messages.ts'
import { BroadcastSession } from './broadcast-session.ts'
import { BROADCAST_ANSWER_MS, BROADCAST_KNOCK_MS } from './constants.ts'
import type { EntryMessage } from './entry.ts'
import { entryMessage } from './entry.ts'
import { remoteError } from './error-codes.ts'
import { opening } from './opening.ts'
import { createRoom, generatePeerId } from './room.ts'
import { generateRoomCode } from './room-code.ts'
import { needsServerError, roomNotFoundError } from './room-member.ts'
import type { SignalingContext, SignalingRequest, SignalingSession, SignalingTransport } from './transport.ts'

type JoinMessage = Extract<EntryMessage, { type: 'join' }>

/** What `new BroadcastChannelSignaling` takes. */
export interface BroadcastChannelSignalingOptions {
  /** Keeps applications of one origin apart. 1 to 64 characters, default 'skein'. */
  readonly channel?: string
}

/**
 * Tabs, frames and workers of one origin in one browser find each other; so do threads of one Node process. Tokens are
 * not looked at: whoever runs code on the origin is trusted not to lie about its id. What needs somebody who knows all rooms,
 * or remembers them, is refused with ERR_UNAVAILABLE: public rooms, quick match, passwords, bans, places that wait.
 */
export class BroadcastChannelSignaling implements SignalingTransport {
  readonly #channel: string

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(options: BroadcastChannelSignalingOptions = {}) {
    const { channel = 'skein' } = options
    if (typeof channel !== 'string' || channel.length < 1 || channel.length > 64) {
      throw new NetError('ERR_INVALID_PARAMETER', 'The channel is a name of 1 to 64 characters.')
    }
    this.#channel = channel
  }

  /**
   * See SignalingTransport.open. A room that nobody answers for within BROADCAST_ANSWER_MS does not exist.
   * @throws {NetError} also ERR_DRIVER_MISSING where there is no BroadcastChannel.
   */
  async open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession> {
    const entry = entryMessage(request)
    if (context.signal?.aborted) throw new NetError('ERR_ABORTED', 'Joining was aborted by its caller.')
    if (entry.type === 'join') return this.#join(entry, context)
    if (entry.type === 'resume') throw needsServerError('Coming back to a place')
    if (entry.type === 'match') throw needsServerError('A quick match')
    if (entry.public) throw needsServerError('A public room')
    if (entry.password !== undefined) throw needsServerError('A password')
    if (entry.whenHostLeaves === 'wait') throw needsServerError('A room that waits')
    const room = createRoom({ ...entry, code: generateRoomCode(context.random) }, context.random)
    return new BroadcastSession(room.host, room, new RoomChannel(this.#channel, room.code), context.clock)
  }

  #join(entry: JoinMessage, context: SignalingContext): Promise<SignalingSession> {
    const { room: code, presence } = entry
    if (entry.password !== undefined) throw needsServerError('A password')
    const deadline = { ms: BROADCAST_ANSWER_MS, error: () => roomNotFoundError(code) }
    return opening<SignalingSession>(context, deadline, ({ resolve, reject }) => {
      const id = generatePeerId(context.random)
      const channel = new RoomChannel(this.#channel, code)
      channel.onMessage = (message) => {
        if (message === 'malformed') return
        if (message.type === 'refused' && message.to === id) reject(remoteError(message.code, message.message))
        if (message.type !== 'room' || message.room.code !== code || !message.room.peers.includes(id)) return
        stopKnocking()
        resolve(new BroadcastSession(id, message.room, channel, context.clock))
      }
      const knock = () => channel.post({ type: 'knock', from: id, ...(presence && { presence }) })
      const stopKnocking = every(context.clock, BROADCAST_KNOCK_MS, knock)
      knock()
      return () => {
        stopKnocking()
        // The admission may be on its way.
        channel.post({ type: 'leave', from: id })
        channel.close()
      }
    })
  }
}

/** A BroadcastChannel that carries validated messages and may be used after it was closed. */
export class RoomChannel {
  /** Hears every message of the others. One that is broken arrives as 'malformed'; foreign ones do not arrive. */
  onMessage: ((message: BroadcastMessage | 'malformed') => void) | undefined
  readonly #channel: BroadcastChannel
  #open = true

  constructor(prefix: string, code: string) {
    if (typeof BroadcastChannel === 'undefined') {
      throw new NetError('ERR_DRIVER_MISSING', 'There is no BroadcastChannel here. Use another kind of signaling.')
    }
    this.#channel = new BroadcastChannel(`${prefix}:${code}`)
    // Node only: a room alone does not keep a process alive, as timers and sockets of the other transports do not.
    if ('unref' in this.#channel) (this.#channel as unknown as { unref(): void }).unref()
    this.#channel.onmessage = (event: { data: unknown }) => {
      const message = unwrapBroadcast(event.data)
      if (this.#open && message !== 'foreign') this.onMessage?.(message)
    }
  }

  post(message: BroadcastMessage): void {
    if (this.#open) this.#channel.postMessage(wrapBroadcast(message))
  }

  close(): void {
    this.#open = false
    this.#channel.close()
  }
}
