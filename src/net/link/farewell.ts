// The end that is agreed on: whoever leaves says so as the last of what it sends, and waits until the other side has
// everything before it.

import type { CancelTimer } from '../clock.ts'
import { GOODBYE_TIMEOUT_MS } from './constants.ts'
import { u32At } from './frames.ts'
import { CONTROL_LANE } from './lane-table.ts'
import type { LinkParts } from './link-parts.ts'
import type { LinkReceiver } from './link-receiver.ts'
import type { LinkSender } from './link-sender.ts'
import type { ReliablePort } from './reliable-port.ts'
import { Goodbye, Kind } from './wire.ts'

const NOTHING = new Uint8Array(0)

export class Farewell {
  readonly #link: LinkParts
  readonly #sender: LinkSender
  readonly #receiver: LinkReceiver
  /** Where the remote's stream ends, once it has said goodbye. */
  #streamEnd: number | undefined
  #reason: number = Goodbye.Left
  #cancel: CancelTimer | undefined
  #finish: (() => void) | undefined

  constructor(link: LinkParts, sender: LinkSender, receiver: LinkReceiver) {
    this.#link = link
    this.#sender = sender
    this.#receiver = receiver
  }

  /** Says goodbye. Resolves when `over` was called; calls `late` when the remote does not answer in time. */
  say(reason: Goodbye, late: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#finish = resolve
      this.#cancel = this.#link.clock.setTimeout(late, GOODBYE_TIMEOUT_MS)
      this.#link.faults.guard(() => this.#say(reason))
    })
  }

  /** The link is over. */
  over(): void {
    this.#cancel?.()
    this.#finish?.()
  }

  /** The remote says goodbye on a reliable port. */
  hear(port: number, payload: Uint8Array): void {
    ;(this.#link.ports.all[port] as ReliablePort).ended = true
    this.#reason = payload[0]!
    if (port === 0) this.#streamEnd = u32At(payload, 1)
    this.tryEnd()
  }

  /** Over, when everything that was sent before the goodbye is here. */
  tryEnd(): void {
    const { life, ports, faults } = this.#link
    if (this.#streamEnd !== this.#receiver.stream.next || life.phase === 'over') return
    if (!ports.reliable.every(({ ended }) => ended)) return
    faults.guard(() => ports.first.say(CONTROL_LANE, { kind: Kind.GoodbyeAck, payload: NOTHING }))
    faults.fail(this.#reason === Goodbye.Kicked ? 'disconnected_by_remote' : 'left')
  }

  #say(reason: Goodbye): void {
    const { ports } = this.#link
    this.#sender.flushAll()
    const end = this.#sender.stream.next
    const payload = Uint8Array.of(reason, end, end >>> 8, end >>> 16, end >>> 24)
    for (const port of ports.reliable) {
      const said = { kind: Kind.Goodbye, payload: port === ports.first ? payload : payload.subarray(0, 1) }
      port.say(CONTROL_LANE, said)
    }
  }
}
