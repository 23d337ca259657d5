// One client's side of the protocol, without its socket: takes text, gives text, and is the one catch boundary around
// what a client says. What happens in a room is in membership.ts, the way into it in entrance.ts, the socket in
// connection.ts.

import type { CancelTimer } from '../../src/net/clock.ts'
import type { NetErrorCode } from '../../src/net/errors.ts'
import { NetError } from '../../src/net/errors.ts'
import type { ClientMessage, ServerMessage } from '../../src/net/signaling/messages.ts'
import { TokenBucket } from '../../src/net/token-bucket.ts'
import type { Caretaker } from './caretaker.ts'
import type { ClientRequest } from './client-messages.ts'
import { readClientMessage } from './client-messages.ts'
import * as limits from './constants.ts'
import type { Admission, ClientParts, EntranceSettings, Entry } from './entrance.ts'
import { authorized, enter } from './entrance.ts'
import type { IceServersOption } from './ice-servers.ts'
import { ClientIceServers } from './ice-servers.ts'
import { listRooms } from './listing.ts'
import type { MemberRequest, MembershipClient } from './membership.ts'
import { Membership } from './membership.ts'
import type { SignalRequest } from './plain-signal.ts'
import { SignalQuota } from './signal-quota.ts'
import type { Task, TaskOwner } from './task-queue.ts'
import { TaskQueue } from './task-queue.ts'

/** The socket, as the session sees it. Neither method throws; after `close` both do nothing. */
export interface ClientPort {
  /** Sends the JSON of a ServerMessage. */
  send(text: string): void
  close(code: number, reason: string): void
}

/** What all sessions of a server have in common. */
export interface SessionSettings extends EntranceSettings {
  readonly iceServers: IceServersOption
  readonly caretaker: Pick<Caretaker, 'add' | 'delete' | 'gap'>
  readonly limits: { readonly messageBurst: number; readonly messagesPerSecond: number }
}

export class ClientSession implements MembershipClient, TaskOwner {
  readonly #settings: SessionSettings
  readonly #client: ClientParts
  readonly #port: ClientPort
  /** Worked off one after the other, each completely before the next. */
  readonly #tasks = new TaskQueue(this)
  readonly #bucket: TokenBucket
  /** Holds everything that a member sends above `#bucket`'s rate. Few ever do. */
  #floodBucket: TokenBucket | undefined
  /** Shared with the other clients of its address. */
  #addressBucket: TokenBucket | undefined
  /** Only where they are made for each client. */
  #iceServers: ClientIceServers | undefined
  #cancelEntryTimer: CancelTimer | undefined
  #entered = false
  /** It can come back when its socket breaks. */
  #knowsPlace = false
  /** It came back, and has said nothing yet that shows that it knows the secret for the next time. */
  #isUnconfirmed = false
  #ending: Promise<void> | undefined
  #membership: Membership | undefined
  #badMessages = 0
  /** Messages that this member may send on top, because others sent it as many. */
  #owed = 0
  #nextRateNotice = 0
  #signals: SignalQuota | undefined

  constructor(settings: SessionSettings, client: ClientParts, port: ClientPort) {
    this.#settings = settings
    this.#client = client
    this.#port = port
    const { clock, limits: own } = settings
    this.#bucket = new TokenBucket(clock, own.messageBurst, own.messagesPerSecond)
    this.#cancelEntryTimer = this.#awaitEntry(limits.FIRST_MESSAGE_TIMEOUT_MS)
  }

  get connection(): number {
    return this.#client.connection
  }

  /** Takes a message. */
  receive(text: string): void {
    if (this.#ending) return
    if (this.#isUnconfirmed) void this.#confirm()
    const cost = Math.max(1, Math.ceil(text.length / limits.BYTES_PER_TOKEN))
    if (!this.#bucket.take(cost) && !this.#takeOwed(cost)) {
      this.#overRate(cost)
    } else if (!this.#takeOfAddress(cost)) {
      this.#refuse(new NetError('ERR_RATE_LIMITED', 'The clients of this address send more than they may together.'))
    } else {
      this.#tasks.add(() => this.#handle(text))
    }
  }

  /** Takes a binary message, which the protocol does not have. */
  receiveBinary(): void {
    if (!this.#ending) this.#offend(new NetError('ERR_INVALID_DATA', 'A signaling message is text.'))
  }

  /** The server hands its clients over: this one shall resume its place elsewhere. */
  moveOn(): void {
    // Behind what is under way: who just enters has to hear the secret with which it can come back.
    this.#tasks.add(() => {
      this.#port.close(limits.CLOSE_SERVICE_RESTART, 'resume')
      void this.end('drop')
      return undefined
    })
  }

  /** The server stops. */
  shutDown(): void {
    const error = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server stops. Join again in a moment.')
    this.#sayGoodbye(error, limits.CLOSE_GOING_AWAY)
    // After all others have heard it, too: the clients of a star take their room for closed when its host leaves.
    void Promise.resolve().then(() => this.end('leave'))
  }

  /** The client is gone: for good, or only its socket. Resolves when the room knows. */
  end(how: 'leave' | 'drop'): Promise<void> {
    this.#ending ??= new Promise((resolve) => {
      this.#cancelEntryTimer?.()
      this.#iceServers?.end()
      // Behind what is under way. It has to end also where that fails.
      this.#tasks.add(() => this.#leaveRoom(how).finally(resolve))
    })
    return this.#ending
  }

  /** Tells the client. */
  tell(message: ServerMessage): void {
    this.#port.send(JSON.stringify(message))
  }

  /** Passes a signal on to the client. */
  relay(from: number, text: string): void {
    // It will be answered: what others cause shall not count against this one.
    if (this.#owed < limits.MAX_OWED_MESSAGES) this.#owed += 1
    this.#port.send(`{"type":"signal","from":${from},"signal":${text}}`)
  }

  /** The client's place is gone already. */
  expelled(code: NetErrorCode, message: string): void {
    this.tell({ type: 'closed', code, message })
    this.#port.close(limits.CLOSE_NORMAL, code)
    void this.end('leave')
  }

  /** The one catch boundary: whatever goes wrong with a message ends here. */
  taskFailed(error: unknown): void {
    if (error instanceof NetError) this.#refuse(error)
    else this.#fail(error)
  }

  #handle(text: string): ReturnType<Task> {
    if (this.#ending) return
    let message: ClientRequest
    try {
      message = readClientMessage(text)
    } catch (error) {
      if (error instanceof NetError && error.code === 'ERR_SIGNALING_PROTOCOL') this.#turnAway(error)
      else this.#offend(error as NetError)
      return
    }
    switch (message.type) {
      case 'signal':
        this.#signal(message)
        return
      case 'create':
      case 'join':
      case 'match':
      case 'resume':
        return this.#enter(message)
      case 'list':
        return this.#list(message)
      case 'ping':
        this.#port.send('{"type":"pong"}')
        return
      case 'ice_servers':
        this.#member()
        // Not awaited: they may take their time, and signals shall not wait for them.
        void this.#sendIceServers()
        return
      case 'presence':
      case 'seal':
      case 'update':
      case 'kick':
        return this.#change(message)
      case 'leave':
        this.#port.close(limits.CLOSE_NORMAL, 'left')
        void this.end('leave')
    }
  }

  #member(): Membership {
    if (this.#membership) return this.#membership
    throw new BadMessage('ERR_UNCONFIGURED', 'Create or join a room first.')
  }

  #signal({ to, signal, text }: SignalRequest): void {
    // Before the room's own check: who signals without measure is not helped by signaling to nobody.
    this.#signals ??= new SignalQuota(this.#settings.clock)
    if (!this.#signals.allows(to, signal, this.#membership?.state.places[to]?.life)) {
      throw new BadMessage('ERR_RATE_LIMITED', `This client signals more to peer ${to} than any connection needs.`)
    }
    // Not waited for: signals come in bursts, and the next one takes the same way.
    const sent = this.#member().signal(to, text)
    sent?.catch((error: unknown) => this.taskFailed(error))
  }

  /** All members hear of a change: in a large room it costs more than its text. */
  #change(message: MemberRequest): ReturnType<Task> {
    const member = this.#member()
    const hear = member.state.peers.length
    const more = Math.floor(hear / limits.PEERS_PER_TOKEN)
    if (more > 0 && !this.#bucket.take(more)) {
      throw new NetError('ERR_RATE_LIMITED', 'This client changes its room too often. Wait a moment.')
    }
    if (!this.#takeOfAddress(hear)) {
      throw new NetError('ERR_RATE_LIMITED', 'The clients of this address change their rooms too often. Wait a moment.')
    }
    return member.request(message)
  }

  async #enter(entry: Entry): Promise<void> {
    if (this.#entered) throw new BadMessage('ERR_ALREADY_IN_USE', 'This connection has entered a room already.')
    this.#entered = true
    this.#cancelEntryTimer?.()
    this.#cancelEntryTimer = undefined
    const { caretaker, log, clock } = this.#settings
    const { connection } = this.#client
    const startedAt = clock.now()
    let admission: Admission | undefined
    try {
      admission = await enter(entry, { ...this.#settings, ...this.#client }, () => this.#ending !== undefined)
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      this.#turnAway(error)
      return
    }
    if (!admission) return
    const membership = new Membership(admission, this.#settings, this)
    this.#membership = membership
    // With the secret that it showed: the answer may be lost.
    this.#knowsPlace = entry.type === 'resume'
    caretaker.add(membership)
    const iceServers = await this.#freshIceServers()
    // If the client went meanwhile, end() has queued the leaving already.
    if (this.#ending) return
    this.tell(membership.joined(iceServers, admission.secret))
    this.#knowsPlace = true
    this.#isUnconfirmed = entry.type === 'resume'
    log({ event: 'entered', connection, action: entry.type, ms: clock.now() - startedAt })
    admission.listen(membership)
  }

  /** Whatever comes after `joined` shows that it was read. Nothing waits for the store to know that. Never rejects. */
  async #confirm(): Promise<void> {
    this.#isUnconfirmed = false
    try {
      await this.#membership?.confirm()
    } catch (error) {
      this.#isUnconfirmed = true
      this.#settings.log({ event: 'failed', connection: this.connection, error })
    }
  }

  async #list(question: Extract<ClientMessage, { type: 'list' }>): Promise<void> {
    if (!this.#bucket.take(limits.LIST_TOKENS)) {
      throw new NetError('ERR_RATE_LIMITED', 'Rooms are listed too often. Wait a moment.')
    }
    if (!this.#settings.budgets.listings.take(this.#client.addressKey, 1)) {
      throw new NetError('ERR_RATE_LIMITED', 'The clients of this address list rooms too often. Wait a moment.')
    }
    await authorized(question, { ...this.#settings, ...this.#client })
    const page = await listRooms(question, this.#settings.adapter)
    if (this.#ending) return
    if (!this.#entered) {
      this.#cancelEntryTimer?.()
      this.#cancelEntryTimer = this.#awaitEntry(limits.LIST_IDLE_MS)
    }
    this.tell(page)
  }

  #awaitEntry(ms: number): CancelTimer {
    return this.#settings.clock.setTimeout(() => {
      this.#dismiss(new NetError('ERR_TIMEOUT', `No room was entered within ${ms / 1000} s.`))
    }, ms)
  }

  async #sendIceServers(): Promise<void> {
    const iceServers = await this.#freshIceServers()
    if (!this.#ending) this.tell({ type: 'ice_servers', iceServers: [...iceServers] })
  }

  /** Those that the client should use for a connection that it makes now. Never rejects. */
  #freshIceServers() {
    const { iceServers: source, clock, random, log } = this.#settings
    if (typeof source !== 'function') return source
    this.#iceServers ??= new ClientIceServers({
      source,
      client: this.#client.client,
      clock,
      random,
      renewed: (iceServers) => this.tell({ type: 'ice_servers', iceServers: [...iceServers] }),
      failed: (error) => log({ event: 'failed', connection: this.connection, error }),
    })
    return this.#iceServers.fresh()
  }

  async #leaveRoom(how: 'leave' | 'drop'): Promise<void> {
    const membership = this.#membership
    this.#membership = undefined
    if (!membership) return
    this.#settings.caretaker.delete(membership)
    // Nobody could come back to a place of which nothing was told.
    await membership.end(this.#knowsPlace ? how : 'leave')
  }

  #takeOwed(cost: number): boolean {
    if (this.#owed < cost) return false
    this.#owed -= cost
    return true
  }

  #takeOfAddress(cost: number): boolean {
    this.#addressBucket ??= this.#settings.budgets.addressMessages.bucket(this.#client.addressKey)
    return this.#addressBucket.take(cost)
  }

  /**
   * More than the client may send. Whoever is not in a room yet has no excuse; a member answers to what others send it,
   * and is only told, now and then, until it is a plain flood.
   */
  #overRate(cost: number): void {
    const error = new NetError('ERR_RATE_LIMITED', 'This client sends more than it may. Send less.')
    const { clock, limits: own } = this.#settings
    const { FLOOD_BURSTS } = limits
    this.#floodBucket ??= new TokenBucket(clock, FLOOD_BURSTS * own.messageBurst, FLOOD_BURSTS * own.messagesPerSecond)
    if (!this.#membership) this.#offend(error)
    else if (!this.#floodBucket.take(cost)) this.#dismiss(error)
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
    this.#settings.log({ event: 'refused', connection: this.connection, code, message })
    if (!this.#ending) this.tell({ type: 'error', code, message })
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
    this.#port.close(limits.CLOSE_NORMAL, error.code)
    void this.end('leave')
  }

  #dismiss({ code, message }: NetError, closeCode: number = limits.CLOSE_POLICY): void {
    this.#sayGoodbye({ code, message }, closeCode)
    void this.end('leave')
  }

  #sayGoodbye({ code, message }: Pick<NetError, 'code' | 'message'>, closeCode: number): void {
    if (this.#ending) return
    this.#settings.log({ event: 'refused', connection: this.connection, code, message })
    this.tell({ type: 'closed', code, message })
    this.#port.close(closeCode, code)
  }

  #fail(error: unknown): void {
    this.#settings.log({ event: 'failed', connection: this.connection, error })
    const apology = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server failed. Join again in a moment.')
    this.#dismiss(apology, limits.CLOSE_INTERNAL_ERROR)
  }
}

/** A message that no correct client sends at this moment: it counts towards MAX_BAD_MESSAGES. */
class BadMessage extends NetError {}
