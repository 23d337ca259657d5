// Sessions of a signaling server without a socket.

import type { SignalingAdapter } from '../../../server/signaling/adapter.ts'
import type { SessionSettings } from '../../../server/signaling/client-session.ts'
import { ClientSession } from '../../../server/signaling/client-session.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { ClientMessage, ServerMessage } from '../../../src/net/signaling/messages.ts'
import { ampleBudgets, nobody } from './support.ts'

const random = seededRandom(11)
const PLACES = { graceMs: 30_000, hostWaitMs: 60_000, leaseMs: 60_000 }

/** A session without a socket, and what it told its client. */
export class Client {
  readonly messages: ServerMessage[] = []
  readonly closes: string[] = []
  readonly failures: unknown[] = []
  readonly events: string[] = []
  readonly session: ClientSession

  constructor(adapter: SignalingAdapter) {
    const clock = new VirtualClock()
    const settings: SessionSettings = {
      adapter,
      authorize: () => true,
      iceServers: [],
      limits: { messageBurst: 1_000, messagesPerSecond: 1 },
      caretaker: { add() {}, delete() {}, gap() {} },
      time: () => clock.now(),
      places: PLACES,
      budgets: ampleBudgets(clock),
      clock,
      random,
      log: (event) => {
        this.events.push(event.event)
        if (event.event === 'failed') this.failures.push(event.error)
      },
    }
    this.session = new ClientSession(settings, nobody('10.0.0.1'), {
      send: (text) => void this.messages.push(JSON.parse(text)),
      close: (code, reason) => void this.closes.push(`${code} ${reason}`),
    })
  }

  say(message: ClientMessage): void {
    this.session.receive(JSON.stringify(message))
  }

  create(): void {
    this.say({ type: 'create', version: 2, topology: 'mesh' })
  }

  join(room: string): void {
    this.say({ type: 'join', version: 2, room })
  }

  get joined(): Extract<ServerMessage, { type: 'joined' }> {
    return this.messages.find((message) => message.type === 'joined')!
  }

  types(): string[] {
    return this.messages.map(({ type }) => type)
  }
}
