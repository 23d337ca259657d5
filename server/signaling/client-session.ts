// One client's side of the protocol, without its socket: takes text, gives messages, and is the one catch boundary around
// what a client says. What happens in a room is in membership.ts, the way into it in entrance.ts, the socket in
// connection.ts.

import type { CancelTimer } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type { ClientMessage, ServerMessage } from '../../src/net/signaling/messages.ts'
import type { TokenBucket } from '../../src/net/token-bucket.ts'
import type { Caretaker } from './caretaker.ts'
import { readClientMessage } from './client-messages.ts'
import * as limits from './constants.ts'
import type { Admission, EntranceParts, Entry } from './entrance.ts'
import { authorized, enter } from './entrance.ts'
import type { IceServersOption } from './ice-servers.ts'
import { ClientIceServers } from './ice-servers.ts'
import { listRooms } from './listing.ts'
import { Membership } from './membership.ts'
import { SignalQuota } from './signal-quota.ts'

/** The socket, as the session sees it. Neither method throws; after `close` both do nothing. */
export interface ClientPort {
  send(message: ServerMessage): void
  close(code: number, reason: string): void
}

export interface ClientSessionParts extends EntranceParts {
  readonly port: ClientPort
  readonly iceServers: IceServersOption
  readonly bucket: TokenBucket
  /** Holds everything that a member sends above `bucket`'s rate. */
  readonly floodBucket: TokenBucket
  readonly caretaker: Pick<Caretaker, 'add' | 'delete' | 'gap'>
}

const NOTHING = (): void => {}

export class ClientSession {
  readonly #parts: ClientSessionParts
  readonly #iceServers: ClientIceServers
  #cancelEntryTimer: CancelTimer
  #work: Promise<void> = Promise.resolve()
  #entered = false
  #ended = false
  #membership: Membership | undefined
  #badMessages = 0
  /** Messages that this member may send on top, because others sent it as many. */
  #owed = 0
  #nextRateNotice = Number.NEGATIVE_INFINITY
  readonly #signals = new SignalQuota()

  constructor(parts: ClientSessionParts) {
    this.#parts = parts
    const { iceServers: source, client, clock, random, port, log, connection } = parts
    this.#iceServers = new ClientIceServers({
      source,
      client,
      clock,
      random,
      renewed: (iceServers) => port.send({ type: 'ice_servers', iceServers: [...iceServers] }),
      failed: (error) => log({ event: 'failed', connection, error }),
    })
    this.#cancelEntryTimer = this.#awaitEntry(limits.FIRST_MESSAGE_TIMEOUT_MS)
  }

  /** Takes a message. Messages are worked off one after the other, each completely before the next. */
  receive(text: string): void {
    if (this.#ended) return
    const cost = Math.max(1, Math.ceil(text.length / limits.BYTES_PER_TOKEN))
    const { bucket, budgets, addressKey } = this.#parts
    if (!bucket.take(cost) && !this.#takeOwed(cost)) {
      this.#overRate(cost)
    } else if (!budgets.addressMessages.take(addressKey, cost)) {
      this.#refuse(new NetError('ERR_RATE_LIMITED', 'The clients of this address send more than they may together.'))
    } else {
      this.#then(() => this.#handle(text))
    }
  }

  /** Takes a binary message, which the protocol does not have. */
  receiveBinary(): void {
    if (!this.#ended) this.#offend(new NetError('ERR_INVALID_DATA', 'A signaling message is text.'))
  }

  /** The server hands its clients over: this one shall resume its place elsewhere. */
  moveOn(): void {
    this.#parts.port.close(limits.CLOSE_SERVICE_RESTART, 'resume')
    void this.end('drop')
  }

  /** The server stops. */
  shutDown(): void {
    const error = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server stops. Join again in a moment.')
    this.#dismiss(error, limits.CLOSE_GOING_AWAY)
  }

  /** The client is gone: for good, or only its socket. Resolves when the room knows. */
  end(how: 'leave' | 'drop'): Promise<void> {
    if (!this.#ended) {
      this.#ended = true
      this.#cancelEntryTimer()
      this.#iceServers.end()
      this.#then(() => this.#leaveRoom(how))
    }
    return this.#work
  }

  /** The one catch boundary: whatever goes wrong with a message ends here. */
  #then(task: () => void | Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      if (error instanceof NetError) this.#refuse(error)
      else this.#fail(error)
    })
  }

  async #handle(text: string): Promise<void> {
    if (this.#ended) return
    let message: ClientMessage
    try {
      message = readClientMessage(text)
    } catch (error) {
      if (error instanceof NetError && error.code === 'ERR_SIGNALING_PROTOCOL') this.#turnAway(error)
      else this.#offend(error as NetError)
      return
    }
    switch (message.type) {
      case 'create':
      case 'join':
      case 'match':
      case 'resume':
        await this.#enter(message)
        return
      case 'list':
        await this.#list(message)
        return
      case 'ping':
        this.#parts.port.send({ type: 'pong' })
        return
      case 'ice_servers':
        this.#member()
        // Not awaited: they may take their time, and signals shall not wait for them.
        void this.#sendIceServers()
        return
      case 'signal':
        this.#checkQuota(message)
        await this.#member().request(message)
        return
      case 'presence':
      case 'seal':
      case 'update':
      case 'kick':
        await this.#member().request(message)
        return
      case 'leave':
        this.#parts.port.close(limits.CLOSE_NORMAL, 'left')
        void this.end('leave')
    }
  }

  #member(): Membership {
    if (this.#membership) return this.#membership
    throw new BadMessage('ERR_UNCONFIGURED', 'Create or join a room first.')
  }

  /** Before the room's own check: who signals without measure is not helped by signaling to nobody. */
  #checkQuota({ to, signal }: Extract<ClientMessage, { type: 'signal' }>): void {
    if (this.#signals.allows(to, signal)) return
    throw new BadMessage('ERR_RATE_LIMITED', `This client signals more to peer ${to} than any connection needs.`)
  }

  async #enter(entry: Entry): Promise<void> {
    if (this.#entered) throw new BadMessage('ERR_ALREADY_IN_USE', 'This connection has entered a room already.')
    this.#entered = true
    this.#cancelEntryTimer()
    // Lets go of the timer: players stay for hours.
    this.#cancelEntryTimer = NOTHING
    const { port, caretaker, log, connection, clock, adapter, budgets, time, places } = this.#parts
    const startedAt = clock.now()
    let admission: Admission | undefined
    try {
      admission = await enter(entry, this.#parts, () => this.#ended)
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      this.#turnAway(error)
      return
    }
    if (!admission) return
    const membership = new Membership(admission, {
      connection,
      adapter,
      budgets,
      time,
      places,
      log,
      send: (message) => {
        // It will be answered: what others cause shall not count against this one.
        if (message.type === 'signal') this.#owed = Math.min(this.#owed + 1, limits.MAX_OWED_MESSAGES)
        port.send(message)
      },
      expelled: (code, message) => this.#expel(code, message),
      gap: (code) => caretaker.gap(code),
    })
    this.#membership = membership
    caretaker.add(membership)
    const iceServers = await this.#iceServers.fresh()
    // If the client went meanwhile, end() has queued the leaving already.
    if (this.#ended) return
    port.send(membership.joined(iceServers, admission.secret))
    log({ event: 'entered', connection, action: entry.type, ms: clock.now() - startedAt })
    admission.listen((event) => membership.handle(event))
  }

  async #list(question: Extract<ClientMessage, { type: 'list' }>): Promise<void> {
    if (!this.#parts.bucket.take(limits.LIST_TOKENS)) {
      throw new NetError('ERR_RATE_LIMITED', 'Rooms are listed too often. Wait a moment.')
    }
    await authorized(question, this.#parts)
    const page = await listRooms(question, this.#parts.adapter)
    if (this.#ended) return
    if (!this.#entered) {
      this.#cancelEntryTimer()
      this.#cancelEntryTimer = this.#awaitEntry(limits.LIST_IDLE_MS)
    }
    this.#parts.port.send(page)
  }

  #awaitEntry(ms: number): CancelTimer {
    return this.#parts.clock.setTimeout(() => {
      this.#dismiss(new NetError('ERR_TIMEOUT', `No room was entered within ${ms / 1000} s.`))
    }, ms)
  }

  async #sendIceServers(): Promise<void> {
    const iceServers = await this.#iceServers.fresh()
    if (!this.#ended) this.#parts.port.send({ type: 'ice_servers', iceServers: [...iceServers] })
  }

  async #leaveRoom(how: 'leave' | 'drop'): Promise<void> {
    const membership = this.#membership
    this.#membership = undefined
    if (!membership) return
    this.#parts.caretaker.delete(membership)
    await membership.end(how)
  }

  #takeOwed(cost: number): boolean {
    if (this.#owed < cost) return false
    this.#owed -= cost
    return true
  }

  /**
   * More than the client may send. Whoever is not in a room yet has no excuse; a member answers to what others send it,
   * and is only told, now and then, until it is a plain flood.
   */
  #overRate(cost: number): void {
    const error = new NetError('ERR_RATE_LIMITED', 'This client sends more than it may. Send less.')
    const { floodBucket, clock } = this.#parts
    if (!this.#membership) this.#offend(error)
    else if (!floodBucket.take(cost)) this.#dismiss(error)
    else if (clock.now() >= this.#nextRateNotice) {
      this.#nextRateNotice = clock.now() + limits.RATE_NOTICE_MS
      this.#refuse(error)
    }
  }

  /** Answers that a request was not done. The session goes on. */
  #refuse(error: NetError): void {
    if (error instanceof BadMessage) {
      this.#offend(error)
      return
    }
    const { code, message } = error
    const { port, log, connection } = this.#parts
    log({ event: 'refused', connection, code, message })
    if (!this.#ended) port.send({ type: 'error', code, message })
  }

  /** Refuses, and closes a client that makes it a habit. */
  #offend(error: NetError): void {
    this.#refuse(new NetError(error.code, error.message))
    if (++this.#badMessages < limits.MAX_BAD_MESSAGES) return
    this.#dismiss(new NetError(error.code, `Closed after ${limits.MAX_BAD_MESSAGES} bad messages: ${error.message}`))
  }

  /** Refuses the first message: without a room there is nothing left to do. */
  #turnAway(error: NetError): void {
    this.#refuse(error)
    this.#parts.port.close(limits.CLOSE_NORMAL, error.code)
    void this.end('leave')
  }

  /** The client's place is gone already. */
  #expel(code: NetError['code'], message: string): void {
    this.#parts.port.send({ type: 'closed', code, message })
    this.#parts.port.close(limits.CLOSE_NORMAL, code)
    void this.end('leave')
  }

  #dismiss({ code, message }: NetError, closeCode: number = limits.CLOSE_POLICY): void {
    const { port, log, connection } = this.#parts
    if (this.#ended) return
    log({ event: 'refused', connection, code, message })
    port.send({ type: 'closed', code, message })
    port.close(closeCode, code)
    void this.end('leave')
  }

  #fail(error: unknown): void {
    const { log, connection } = this.#parts
    log({ event: 'failed', connection, error })
    const apology = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server failed. Join again in a moment.')
    this.#dismiss(apology, limits.CLOSE_INTERNAL_ERROR)
  }
}

/** A message that no correct client sends at this moment: it counts towards MAX_BAD_MESSAGES. */
class BadMessage extends NetError {}
