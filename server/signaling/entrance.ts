// How a client comes to a place in a room: a new room, one that exists, any that fits, or the place it had before.

import type { Clock } from '../../src/net/clock.ts'
import type { NetErrorCode } from '../../src/net/errors.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Random } from '../../src/net/random.ts'
import type { ClientMessage } from '../../src/net/signaling/messages.ts'
import type { PresenceChange } from '../../src/net/signaling/presence.ts'
import type { RoomOptions } from '../../src/net/signaling/room.ts'
import { createRoom, generatePeerId } from '../../src/net/signaling/room.ts'
import { generateRoomCode, normalizeRoomCode } from '../../src/net/signaling/room-code.ts'
import type { ChannelEvent, RecordChannel, RecordUpdate, SignalingAdapter } from './adapter.ts'
import type { Authorize, AuthorizeRequest } from './authorize.ts'
import { askAuthorize } from './authorize.ts'
import type { Budgets } from './budgets.ts'
import { networkKey } from './budgets.ts'
import { MAX_HELD_MESSAGES, ROOM_CODE_DRAWS } from './constants.ts'
import type { SignalingLog } from './log.ts'
import type { PasswordHash } from './password.ts'
import { hashPassword, isPassword } from './password.ts'
import { quickMatch } from './quick-match.ts'
import type { RoomState } from './room-state.ts'
import { admit, openState, resume } from './room-state.ts'
import { digest, drawSecret } from './secrets.ts'

/** A first message that asks for a place. */
export type Entry = Extract<ClientMessage, { type: 'create' | 'join' | 'match' | 'resume' }>
type EntryOf<Type extends Entry['type']> = Extract<Entry, { type: Type }>

/** Who asks. */
export interface ClientParts {
  readonly connection: number
  readonly client: Pick<AuthorizeRequest, 'address' | 'origin' | 'url'>
  /** Under which the client's address is known to `budgets`. */
  readonly addressKey: string
}

/** What is the same for everybody who asks. */
export interface EntranceSettings {
  readonly adapter: SignalingAdapter
  readonly authorize: Authorize
  readonly budgets: Budgets
  readonly clock: Clock
  /** The time that all processes share, in ms since 1970. */
  readonly time: () => number
  readonly random: Random
  readonly log: SignalingLog
  readonly places: PlaceTimes
}

type EntranceParts = ClientParts & EntranceSettings

/** How long places are kept, in ms. */
export interface PlaceTimes {
  /** After a socket broke. */
  readonly graceMs: number
  /** A star that waits for its host. */
  readonly hostWaitMs: number
  /** By a process that says nothing more. */
  readonly leaseMs: number
}

/** A place that was just taken. */
export interface Admission {
  readonly id: number
  readonly state: RoomState
  readonly channel: RecordChannel
  /** With which the client can come back, once. */
  readonly secret: string
  /** Hands over what the channel brought since, and everything that follows. */
  listen(member: RoomListener): void
}

export interface RoomListener {
  handle(event: ChannelEvent<RoomState>): void
}

/**
 * Takes a place for a client.
 * @param isGone Whether the client left while it waited: then it gets no place, and the result is undefined.
 * @throws {NetError} why it may not have one.
 */
export async function enter(entry: Entry, parts: EntranceParts, isGone: () => boolean): Promise<Admission | undefined> {
  // Its secret says who it is.
  if (entry.type === 'resume') return guess(parts, () => takeBack(entry, parts))
  const guest = await authorized(entry, parts)
  if (isGone()) return undefined
  const newcomer = { ...guest, presence: entry.presence ?? {} }
  switch (entry.type) {
    case 'create': {
      if (entry.password !== undefined) takeForPassword(parts)
      const password = entry.password === undefined ? undefined : await hashPassword(entry.password)
      return open({ ...entry, locked: password !== undefined }, newcomer, parts, password)
    }
    case 'join':
      return guess(parts, () => join(entry, newcomer, parts))
    case 'match': {
      const visit = (code: string) => admitted(code, newcomer, parts)
      return quickMatch(entry, parts, visit, (code) =>
        open({ ...entry, public: true }, newcomer, parts, undefined, code),
      )
    }
  }
}

/** What the operator knows of whoever may enter. */
interface Guest {
  /** Whose places these are, in a form that a ban can keep. */
  readonly holder: string
  /** The player's name, where the player cannot choose it. */
  readonly name?: string | undefined
}

interface Newcomer extends Guest {
  readonly presence: PresenceChange
}

/** @throws {NetError} ERR_TOKEN_REFUSED, or what the operator's `authorize` throws; ERR_RATE_LIMITED. */
export async function authorized(
  message: Extract<ClientMessage, { type: AuthorizeRequest['action'] }>,
  parts: EntranceParts,
): Promise<Guest> {
  const { authorize, client, clock, log, connection, addressKey } = parts
  const request: AuthorizeRequest = {
    action: message.type,
    ...(message.type === 'join' ? { room: normalizeRoomCode(message.room) } : {}),
    ...(message.token === undefined ? {} : { token: message.token }),
    ...client,
  }
  const failed = (error: unknown) => log({ event: 'failed', connection, error })
  const { subject, name } = await guess(parts, () => askAuthorize(authorize, request, clock, failed))
  return { holder: digest(subject === undefined ? `address ${addressKey}` : `subject ${subject}`), name }
}

/** What a wrong guess at a room's code, its password, a place's secret or a token is answered with. */
const WRONG_GUESSES: ReadonlySet<NetErrorCode> = new Set<NetErrorCode>([
  'ERR_ROOM_NOT_FOUND',
  'ERR_TOKEN_REFUSED',
  'ERR_DOES_NOT_EXIST',
])

/** Does what a stranger may try only so often: to find a room, a password, a place or a token by guessing. */
async function guess<T>({ budgets, addressKey }: EntranceParts, step: () => Promise<T>): Promise<T> {
  // Taken before and given back after, so that many guesses at the same time do not slip through.
  const network = networkKey(addressKey)
  if (
    !budgets.failedEntries.take(addressKey, 1) ||
    (network !== undefined && !budgets.failedEntriesOfNetwork.take(network, 1))
  ) {
    throw new NetError('ERR_RATE_LIMITED', 'Too many attempts to enter failed. Try again in a few minutes.')
  }
  let wrong = false
  try {
    return await step()
  } catch (error) {
    wrong = error instanceof NetError && WRONG_GUESSES.has(error.code)
    throw error
  } finally {
    if (!wrong) {
      budgets.failedEntries.giveBack(addressKey, 1)
      if (network !== undefined) budgets.failedEntriesOfNetwork.giveBack(network, 1)
    }
  }
}

/** Whether right or wrong, it keeps a processor busy. @throws {NetError} ERR_RATE_LIMITED */
function takeForPassword({ budgets, addressKey }: EntranceParts): void {
  if (budgets.passwords.take(addressKey, 1)) return
  throw new NetError('ERR_RATE_LIMITED', 'Too many passwords come from this address. Try again in a minute.')
}

async function open(
  options: Omit<RoomOptions, 'code' | 'presence'>,
  newcomer: Newcomer,
  parts: EntranceParts,
  password?: PasswordHash,
  wantedCode?: string,
): Promise<Admission> {
  const { adapter, random, log, connection, time, places } = parts
  const secret = drawSecret(random)
  for (let draw = 1; ; draw++) {
    const code = wantedCode ?? generateRoomCode(random)
    const room = createRoom({ ...options, code, presence: named(newcomer) }, random)
    try {
      const admission = await changeAndListen(code, secret, parts, (state) => {
        if (state) throw new NetError('ERR_ALREADY_IN_USE', 'No free room code was found.')
        const creator = { ...arrivalOf(newcomer, secret, adapter), until: time() + places.leaseMs }
        return { id: room.host, state: openState(room, creator, password) }
      })
      log({ event: 'room_created', connection, room: code, topology: room.topology })
      return admission
    } catch (error) {
      const taken = error instanceof NetError && error.code === 'ERR_ALREADY_IN_USE'
      if (!taken || draw >= ROOM_CODE_DRAWS) throw error
    }
  }
}

async function join(entry: EntryOf<'join'>, newcomer: Newcomer, parts: EntranceParts): Promise<Admission> {
  const code = normalizeRoomCode(entry.room)
  let known: PasswordHash | undefined
  if (entry.password !== undefined) {
    takeForPassword(parts)
    const state = await parts.adapter.transact<RoomState>(code, (room) => room)
    // Also where there is no room and no password: the time shall not tell.
    if (await isPassword(entry.password, state?.password)) known = state?.password
  }
  return admitted(code, newcomer, parts, known)
}

/** A newcomer in the room `code`, for whose password it showed `known`. */
async function admitted(
  code: string,
  newcomer: Newcomer,
  parts: EntranceParts,
  known?: PasswordHash,
): Promise<Admission> {
  const { adapter, random, log, connection, time, places } = parts
  const secret = drawSecret(random)
  const admission = await changeAndListen(code, secret, parts, (state) => {
    // One answer for both: whoever guesses codes learns nothing.
    if (!state || state.password?.hash !== (state.password && known?.hash)) throw roomNotFound(code)
    const id = generatePeerId(random, state.peers)
    const arrival = { ...arrivalOf(newcomer, secret, adapter), until: time() + places.leaseMs }
    return { id, state: admit(state, id, named(newcomer), arrival) }
  })
  log({ event: 'peer_joined', connection, room: code, peer: admission.id })
  return admission
}

async function takeBack(entry: EntryOf<'resume'>, parts: EntranceParts): Promise<Admission> {
  const { adapter, random, log, connection, time, places } = parts
  const code = normalizeRoomCode(entry.room)
  const secret = drawSecret(random)
  const { id, fresh = false, presence = {} } = entry
  const admission = await changeAndListen(code, secret, parts, (state) => {
    const arrival = { secret: digest(secret), until: time() + places.leaseMs, at: adapter.address }
    return { id, state: resume(state, id, digest(entry.secret), arrival, { fresh, presence }) }
  })
  log({ event: 'peer_resumed', connection, room: code, peer: id })
  return admission
}

function arrivalOf({ holder, name }: Newcomer, secret: string, { address }: SignalingAdapter) {
  return { secret: digest(secret), holder, at: address, ...(name !== undefined && { isNamed: true }) }
}

function named({ presence, name = presence.name }: Newcomer): PresenceChange {
  return { ...presence, ...(name !== undefined && { name }) }
}

function roomNotFound(code: string): NetError {
  const message = `No room with the code ${code} can be entered so. Check the code, and the password if it has one.`
  return new NetError('ERR_ROOM_NOT_FOUND', message)
}

/** Changes the room by `change`, and listens to it from before that on. */
async function changeAndListen(
  code: string,
  secret: string,
  { adapter, budgets, addressKey }: EntranceParts,
  change: (state: RoomState | undefined) => { readonly id: number; readonly state: RoomState },
): Promise<Admission> {
  const { hear, listen } = heldEvents()
  // Subscribed first, so that nothing that happens after the change can be missed.
  const channel = await adapter.subscribe(code, hear)
  let id = 0
  let paid = 0
  const update: RecordUpdate<RoomState> = (before) => {
    const placed = change(before)
    id = placed.id
    // Everyone there hears of it, and again when the client leaves: whoever comes and goes pays for that like for messages.
    const hear = before?.peers.length ?? 0
    if (hear > paid && !budgets.addressMessages.take(addressKey, hear - paid)) {
      throw new NetError('ERR_RATE_LIMITED', 'The clients of this address enter rooms too often. Wait a moment.')
    }
    paid = Math.max(paid, hear)
    return placed.state
  }
  let state: RoomState | undefined
  try {
    state = await adapter.transact(code, update)
  } finally {
    if (!state) channel.close()
  }
  if (!state) throw new Error('the adapter lost the room')
  return { id, state, channel, secret, listen }
}

/** What a channel brings before its member listens. Two variables for every player, and no object around them. */
function heldEvents() {
  let held: ChannelEvent<RoomState>[] | undefined
  let listener: RoomListener | undefined
  const hear = (event: ChannelEvent<RoomState>): void => {
    if (listener) {
      listener.handle(event)
      return
    }
    held ??= []
    if (held.length <= MAX_HELD_MESSAGES) held.push(event)
  }
  const listen = (member: RoomListener): void => {
    const missed = held ?? []
    held = undefined
    if (missed.length > MAX_HELD_MESSAGES) throw new Error('too many messages while a client enters its room')
    listener = member
    for (const event of missed) member.handle(event)
  }
  return { hear, listen }
}
