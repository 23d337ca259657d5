// What the remote sends wrongly and what a channel refuses: counted, told, and after too much of it the end of the link.
// Nothing of it is thrown at whoever sends or receives.

import { NetError, toNetError } from '../errors.ts'
import { MAX_BAD_MESSAGES } from './constants.ts'
import type { Life } from './life.ts'
import type { LinkEnd, LinkEvents } from './link-types.ts'
import type { News } from './news.ts'
import type { Port } from './ports.ts'

export interface FaultsOptions {
  readonly life: Life
  readonly news: News
  readonly events: LinkEvents
  readonly ports: readonly Port[]
  fail(reason: LinkEnd): void
  /** A channel takes nothing any more. */
  lost(): void
}

export class Faults {
  readonly #options: FaultsOptions

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  /** Ends the link. */
  fail(reason: LinkEnd): void {
    this.#options.fail(reason)
  }

  /** Runs what the remote's message brings about. */
  checked(port: number, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.misunderstood(port, error)
    }
    this.#options.news.tell()
  }

  /** Runs what hands over to a channel: its caller may be sending to many peers. */
  guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.refused(error)
    }
    this.#options.news.tell()
  }

  misunderstood(port: number, error: unknown): void {
    const known = toNetError(error, 'ERR_INVALID_DATA', 'A message could not be understood.')
    if (known.code === 'ERR_OUT_OF_MEMORY') {
      this.#options.events.rejected(known)
      this.fail('buffer_overflow')
    } else this.reject(known, port)
  }

  refused(error: unknown): void {
    if (error instanceof NetError && error.code === 'ERR_OUT_OF_MEMORY') this.fail('buffer_overflow')
    else this.#options.lost()
  }

  reject(error: NetError, port: number): void {
    const { life, ports, events } = this.#options
    if (life.phase === 'over') return
    ports[port]!.counters.rejected += 1
    events.rejected(error)
    if (ports.reduce((sum, { counters }) => sum + counters.rejected, 0) >= MAX_BAD_MESSAGES) this.fail('protocol_error')
  }
}

export function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_DATA', message)
}
