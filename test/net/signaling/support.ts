// What the signaling tests share: a member whose events can be waited for.

import { systemClock } from '../../../src/net/clock.ts'
import { NetError } from '../../../src/net/errors.ts'
import type { Random } from '../../../src/net/random.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type {
  PlayerPresence,
  Signal,
  SignalingContext,
  SignalingEvent,
  SignalingRequest,
  SignalingSession,
  SignalingTransport,
} from '../../../src/net/signaling/index.ts'

type EventOf<Type extends SignalingEvent['type']> = Extract<SignalingEvent, { type: Type }>

/** A session, and everything that it heard. */
export class Member {
  readonly events: SignalingEvent[] = []
  readonly session: SignalingSession
  readonly #waiting = new Set<() => void>()

  constructor(session: SignalingSession) {
    this.session = session
    session.listen((event) => {
      this.events.push(event)
      for (const check of [...this.#waiting]) check()
    })
  }

  get id(): number {
    return this.session.id
  }

  get code(): string {
    return this.session.room.code
  }

  /** The first event of `type` that passes `test`: heard already, or as soon as it is. */
  heard<Type extends SignalingEvent['type']>(
    type: Type,
    test: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.events.find((event) => event.type === type && test(event as EventOf<Type>))
        if (!found) return
        this.#waiting.delete(check)
        resolve(found as EventOf<Type>)
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Resolves when `count` peers have been announced. */
  async met(count: number): Promise<void> {
    await this.heard('peerJoined', () => this.peers().length >= count)
  }

  /** The announcements, in order. */
  peers(): EventOf<'peerJoined'>[] {
    return this.events.filter((event) => event.type === 'peerJoined')
  }

  /** Whom it knows of by now, and what they say of themselves. */
  players(): ReadonlyMap<number, PlayerPresence | undefined> {
    const players = new Map<number, PlayerPresence | undefined>()
    for (const event of this.events) {
      if (event.type === 'peerJoined' || event.type === 'playerJoined') players.set(event.id, event.presence)
      else if (event.type === 'presence') players.set(event.id, event.presence)
      else if (event.type === 'peerLeft' || event.type === 'playerLeft') players.delete(event.id)
    }
    return players
  }

  signals(): EventOf<'signal'>[] {
    return this.events.filter((event) => event.type === 'signal')
  }
}

export function context(random: Random = seededRandom(7)): SignalingContext {
  return { clock: systemClock, random }
}

export async function enter(
  transport: SignalingTransport,
  request: SignalingRequest,
  within: SignalingContext,
): Promise<Member> {
  return new Member(await transport.open(request, within))
}

export function offer(sdp: string): Signal {
  return { kind: 'description', type: 'offer', sdp }
}

/** The code of the NetError that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof NetError) return error.code
    throw error
  }
  throw new Error('it was expected to reject')
}

/** The code of the NetError that `call` throws. */
export function thrown(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof NetError) return error.code
    throw error
  }
  throw new Error('it was expected to throw')
}
