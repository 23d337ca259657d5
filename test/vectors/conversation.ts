// Clients of a signaling server without sockets, with ids and codes that are the same at every run.

import type { SessionSettings } from '../../server/signaling/client-session.ts'
import { ClientSession } from '../../server/signaling/client-session.ts'
import { MemoryAdapter } from '../../server/signaling/memory-adapter.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { seededRandom } from '../../src/net/random.ts'
import type { ServerMessage } from '../../src/net/signaling/messages.ts'
import { ampleBudgets, nobody } from '../server/signaling/support.ts'

export type Line =
  | { readonly client: number; readonly says: string }
  | { readonly client: number; readonly hears: string }
  | { readonly client: number; readonly closed: string }

export class Conversation {
  readonly #clock = new VirtualClock()
  readonly #random = seededRandom(1)
  readonly #adapter = new MemoryAdapter()
  readonly #sessions = new Map<number, ClientSession>()
  /** What went wrong inside the server. */
  readonly failures: unknown[] = []
  #lines: Line[] = []

  /** What follows from it, the line itself first. */
  async say(line: { readonly client: number; readonly says: string }): Promise<Line[]> {
    this.#lines = [line]
    this.#session(line.client).receive(line.says)
    // Everything between sessions of one process happens in microtasks.
    await new Promise((resolve) => setImmediate(resolve))
    return this.#lines
  }

  #session(client: number): ClientSession {
    const known = this.#sessions.get(client)
    if (known) return known
    const settings: SessionSettings = {
      adapter: this.#adapter,
      authorize: () => true,
      iceServers: [{ urls: 'stun:stun.example.org' }],
      limits: { messageBurst: 1_000, messagesPerSecond: 1 },
      caretaker: { add() {}, delete() {}, gap() {} },
      time: () => this.#clock.now(),
      places: { graceMs: 30_000, hostWaitMs: 300_000, leaseMs: 60_000 },
      budgets: ampleBudgets(this.#clock),
      clock: this.#clock,
      random: this.#random,
      log: (event) => {
        if (event.event === 'failed') this.failures.push(event.error)
      },
    }
    const session = new ClientSession(settings, nobody('10.0.0.1'), {
      send: (text) => void this.#lines.push({ client, hears: withoutSentence(text) }),
      close: (code, reason) => void this.#lines.push({ client, closed: `${code} ${reason}` }),
    })
    this.#sessions.set(client, session)
    return session
  }
}

/** Sentences are for people and may change: they are no part of the standard. */
function withoutSentence(text: string): string {
  const message = JSON.parse(text) as ServerMessage
  return 'message' in message ? JSON.stringify({ ...message, message: '…' }) : text
}
