// What waits for `poll` when packets and events do not come by themselves: in order, and bounded.

import type { NetError } from '../net/errors.ts'
import { MAX_PENDING_ERRORS, MAX_PENDING_EVENTS } from './constants.ts'
import type { OwnedPacket, PacketSource } from './inbox.ts'
import type { DisconnectReason, TransferProgress } from './types.ts'

export type PendingEvent =
  | { readonly type: 'connected' | 'reconnecting' | 'reconnected'; readonly id: number }
  | { readonly type: 'disconnected'; readonly id: number; readonly reason: DisconnectReason }
  | { readonly type: 'failed'; readonly id: number; readonly error: NetError }
  | { readonly type: 'error'; readonly error: NetError }
  | { readonly type: 'progress'; readonly progress: TransferProgress }
  /** What became of an unreliable packet: bounded by what was sent. */
  | { readonly type: 'receipt'; readonly tell: () => void }
  /** Bounded by the budget of what may wait. */
  | { readonly type: 'packet'; readonly packet: OwnedPacket }

export class PendingEvents {
  #events: PendingEvent[] = []
  /** Without packets and receipts. */
  #count = 0
  #errors = 0

  add(event: PendingEvent): void {
    if (isCounted(event) && !this.#admit(event)) return
    this.#events.push(event)
  }

  /** Everything, in order; nothing waits afterwards. */
  take(): PendingEvent[] {
    const events = this.#events
    this.clear()
    return events
  }

  /** Drops what is about a peer. */
  forget(id: number): void {
    this.#keep((event) => idOf(event) !== id)
  }

  /** Drops the packets of one connection. */
  dropPackets(owner: PacketSource): void {
    this.#keep((event) => event.type !== 'packet' || event.packet.owner !== owner)
  }

  clear(): void {
    this.#events = []
    this.#count = 0
    this.#errors = 0
  }

  /** What comes too often is left out: errors beyond the first, and visits of which the user need not know. */
  #admit(event: CountedEvent): boolean {
    if (event.type === 'error') {
      if (this.#errors >= MAX_PENDING_ERRORS) return false
      this.#errors += 1
    } else if (this.#count >= MAX_PENDING_EVENTS) {
      if (event.type !== 'connected' && event.type !== 'disconnected') return false
      const visit = ({ type, ...rest }: PendingEvent) => type === 'connected' && 'id' in rest && rest.id === event.id
      if (event.type === 'disconnected' && this.#events.some(visit)) {
        this.forget(event.id)
        return false
      }
    }
    this.#count += 1
    return true
  }

  #keep(test: (event: PendingEvent) => boolean): void {
    this.#events = this.#events.filter(test)
    this.#count = this.#events.filter(isCounted).length
    this.#errors = this.#events.filter(({ type }) => type === 'error').length
  }
}

type CountedEvent = Exclude<PendingEvent, { type: 'packet' | 'receipt' }>

function isCounted(event: PendingEvent): event is CountedEvent {
  return event.type !== 'packet' && event.type !== 'receipt'
}

/** Which peer it is about. */
function idOf(event: PendingEvent): number | undefined {
  if (event.type === 'packet') return event.packet.from
  if (event.type === 'progress') return event.progress.peer
  return event.type === 'error' || event.type === 'receipt' ? undefined : event.id
}
