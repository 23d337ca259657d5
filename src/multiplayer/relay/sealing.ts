// The meeting of two peers that seal what goes between them over a third: until they have their keys neither is made known to the
// user, and what comes early waits. Who sends anything else first does not seal, and is refused.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { NetError, toNetError } from '../../net/errors.ts'
import { CONTROL_LANE } from '../../net/link/lane-table.ts'
import { Kind } from '../../net/link/wire.ts'
import {
  MAX_EARLY_RELAYED,
  MAX_EARLY_RELAYED_BYTES,
  SEAL_KEY_BYTES,
  SEAL_TIMEOUT_MS,
  SEAL_VERSION,
} from './constants.ts'
import type { RelayedPeer } from './relayed-peer.ts'
import type { SealMode } from './seal.ts'
import type { MeetingKeys } from './seal-keys.ts'
import type { FromOther } from './wire.ts'

/** A packet as it came. */
export interface Arrival {
  readonly port: number
  readonly mode: SealMode
  readonly message: FromOther
}

export interface SealingParts {
  readonly clock: Clock
  /** This peer's id. */
  id(): number
  /** Sends what the keys are made of: reliably, on the control lane, as it is. */
  say(peer: RelayedPeer, packet: Uint8Array): void
  /** It has its seal. `waited`: what came meanwhile, sealed. */
  ready(peer: RelayedPeer, waited: readonly Arrival[]): void
  /** There is no sealing with it. */
  failed(peer: RelayedPeer, error: NetError): void
}

interface Meeting {
  keys: MeetingKeys | undefined
  theirs: Uint8Array | undefined
  readonly waiting: Arrival[]
  waitingBytes: number
  cancel: CancelTimer
}

export class Sealing {
  readonly #parts: SealingParts
  readonly #meetings = new Map<RelayedPeer, Meeting>()

  constructor(parts: SealingParts) {
    this.#parts = parts
  }

  begin(peer: RelayedPeer): void {
    const late = () => this.#fail(peer, new NetError('ERR_TIMEOUT', `Peer ${peer.id} did not agree on keys in time.`))
    const meeting: Meeting = {
      ...{ keys: undefined, theirs: undefined, waiting: [], waitingBytes: 0 },
      cancel: this.#parts.clock.setTimeout(late, SEAL_TIMEOUT_MS),
    }
    this.#meetings.set(peer, meeting)
    void this.#draw(peer, meeting)
  }

  /** Something of a peer came that has no seal yet. */
  receive(peer: RelayedPeer, arrival: Arrival): void {
    const meeting = this.#meetings.get(peer)
    if (!meeting) return
    const { mode, message } = arrival
    if (!message.sealed) this.#fail(peer, plain(peer.id))
    else if (!meeting.theirs && isKey(arrival)) {
      if (message.packet[0] !== SEAL_VERSION || message.packet.length !== 1 + SEAL_KEY_BYTES) {
        this.#fail(peer, new NetError('ERR_INVALID_DATA', `Peer ${peer.id} seals in another way than this one.`))
        return
      }
      meeting.theirs = message.packet.slice(1)
      void this.#agree(peer, meeting)
    } else if (mode === 'reliable') {
      meeting.waiting.push(arrival)
      meeting.waitingBytes += message.packet.length
      if (meeting.waiting.length <= MAX_EARLY_RELAYED && meeting.waitingBytes <= MAX_EARLY_RELAYED_BYTES) return
      this.#fail(peer, new NetError('ERR_OUT_OF_MEMORY', `Peer ${peer.id} sent too much too early.`))
    }
  }

  /** It is gone. */
  forget(peer: RelayedPeer): void {
    this.#meetings.get(peer)?.cancel()
    this.#meetings.delete(peer)
  }

  close(): void {
    for (const peer of [...this.#meetings.keys()]) this.forget(peer)
  }

  async #draw(peer: RelayedPeer, meeting: Meeting): Promise<void> {
    try {
      // Only who seals needs a cipher.
      const { drawMeetingKeys } = await import('./seal-keys.ts')
      const keys = await drawMeetingKeys()
      if (this.#meetings.get(peer) !== meeting) return
      meeting.keys = keys
      this.#parts.say(peer, Uint8Array.of(SEAL_VERSION, ...keys.publicKey))
      await this.#agree(peer, meeting)
    } catch (error) {
      this.#fail(peer, toNetError(error, 'ERR_UNAVAILABLE', `Nothing can be sealed here: ${error}`))
    }
  }

  async #agree(peer: RelayedPeer, meeting: Meeting): Promise<void> {
    const { keys, theirs } = meeting
    if (!keys || !theirs) return
    try {
      const seal = await keys.agree(theirs, this.#parts.id(), peer.id)
      if (this.#meetings.get(peer) !== meeting) return
      this.forget(peer)
      peer.seal = { seal, localName: nameOf(keys.publicKey), remoteName: nameOf(theirs) }
      this.#parts.ready(peer, meeting.waiting)
    } catch (error) {
      this.#fail(peer, toNetError(error, 'ERR_INVALID_DATA', `Peer ${peer.id} sent a key that cannot be used.`))
    }
  }

  #fail(peer: RelayedPeer, error: NetError): void {
    if (!this.#meetings.has(peer)) return
    this.forget(peer)
    this.#parts.failed(peer, error)
  }
}

/** A peer sent something as it is to one that seals. */
export function plain(id: number): NetError {
  const message = `Peer ${id} does not seal what another peer passes on, and this one does: give \`sealRelayed\` to all, or to none.`
  return new NetError('ERR_UNAUTHORIZED', message)
}

function isKey({ port, mode, message: { kind, lane } }: Arrival): boolean {
  return port === 0 && mode === 'reliable' && lane === CONTROL_LANE && kind === Kind.Service
}

/** As a fingerprint: what `identify` signs in place of a certificate's. */
function nameOf(publicKey: Uint8Array): string {
  const hex = Array.from(publicKey, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `skein-seal ${hex.toUpperCase()}`
}
