// In a mesh: what becomes of a peer that could not be connected to. A way over another peer is looked for, and every now and
// then the connection is tried again; when it stands, it takes over.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { NetError } from '../../net/errors.ts'
import type { DisconnectReason } from '../types.ts'
import type { WebRTCMultiplayerPeer } from '../webrtc-multiplayer-peer.ts'
import { DETOUR_RETRY_MS } from './constants.ts'

interface Detour {
  /** The user was told that the peer is not connected. */
  told: boolean
  /** This side parted with the peer for what whoever passed on did: the other one does not know, and does not look. */
  alone: boolean
  cancel: CancelTimer
}

export interface DetoursParts {
  readonly peer: WebRTCMultiplayerPeer
  readonly clock: Clock
  /** Whether a peer is in the room, and wanted. */
  knows(id: number): boolean
  /** Dials a peer anew, if that is this side's to do. */
  dial(id: number, alone: boolean): void
  /** There is no way either. */
  failed(id: number, error: NetError): void
}

export class Detours {
  readonly #parts: DetoursParts
  readonly #detours = new Map<number, Detour>()
  #closed = false

  constructor(parts: DetoursParts) {
    this.#parts = parts
  }

  /** A peer could not be connected to. Returns whether the user need not be told that now. */
  seek(id: number, error: NetError, told = false, alone = false): boolean {
    // What does not fit does not fit over another peer either; and who left the room before the word came is nowhere.
    if (this.#closed || !this.#parts.knows(id) || error.code === 'ERR_INVALID_DATA') return false
    const known = this.#detours.get(id)
    const detour = known ?? { told, alone, cancel: () => {} }
    if (alone) detour.alone = true
    this.#detours.set(id, detour)
    if (!known) this.#retryLater(id, detour)
    if (this.#parts.peer.viaOf(id) !== undefined) return true
    const done = (found: boolean) => {
      if (found) detour.alone = false
      if (found || detour.told || this.#detours.get(id) !== detour) return
      detour.told = true
      this.#parts.failed(id, error)
    }
    const asks = this.#parts.peer.reachOver(id, done, detour.alone)
    if (asks) return true
    const wasTold = detour.told
    detour.told = true
    return wasTold
  }

  /** A peer is not reached over another one any more. `isSpoiled`: because that one changed or withheld what is sealed. */
  lost(id: number, reason: DisconnectReason, isSpoiled = false): void {
    // Who was not let in over somebody else may still connect.
    if (reason === 'kicked') return
    if (!isSpoiled && reason !== 'connection_lost' && reason !== 'timeout') this.forget(id)
    else
      this.seek(
        id,
        new NetError('ERR_CONNECTION_ERROR', `Peer ${id} is not reached over another peer any more.`),
        true,
        isSpoiled,
      )
  }

  /** It is connected, or gone. */
  forget(id: number): void {
    this.#detours.get(id)?.cancel()
    this.#detours.delete(id)
  }

  close(): void {
    this.#closed = true
    for (const id of [...this.#detours.keys()]) this.forget(id)
  }

  #retryLater(id: number, detour: Detour): void {
    detour.cancel = this.#parts.clock.setTimeout(() => {
      const { peer } = this.#parts
      this.#retryLater(id, detour)
      this.#parts.dial(id, detour.alone)
      const done = (found: boolean) => {
        if (found) detour.alone = false
      }
      if (peer.viaOf(id) === undefined) peer.reachOver(id, done, detour.alone)
    }, DETOUR_RETRY_MS)
  }
}
