// How a client comes to a place in a room: a new room, or one that exists.

import type { Clock } from '../../src/net/clock.ts'
import type { NetErrorCode } from '../../src/net/errors.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Random } from '../../src/net/random.ts'
import type { ClientMessage } from '../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../src/net/signaling/room.ts'
import { addPeer, createRoom, generatePeerId } from '../../src/net/signaling/room.ts'
import { generateRoomCode, normalizeRoomCode } from '../../src/net/signaling/room-code.ts'
import type { ChannelEvent, RecordChannel, RecordUpdate, SignalingAdapter } from './adapter.ts'
import type { Authorize, AuthorizeRequest } from './authorize.ts'
import { askAuthorize } from './authorize.ts'
import type { Budgets } from './budgets.ts'
import { MAX_HELD_MESSAGES, ROOM_CODE_DRAWS } from './constants.ts'
import type { SignalingLog } from './log.ts'

/** A first message. */
export type Entry = Extract<ClientMessage, { type: 'create' | 'join' }>

export interface EntranceParts {
  readonly connection: number
  readonly client: Pick<AuthorizeRequest, 'address' | 'origin' | 'url'>
  readonly adapter: SignalingAdapter
  readonly authorize: Authorize
  readonly budgets: Budgets
  /** Under which the client's address is known to `budgets`. */
  readonly addressKey: string
  readonly clock: Clock
  readonly random: Random
  readonly log: SignalingLog
}

/** A place that was just taken. */
export interface Admission {
  readonly id: number
  readonly record: RoomRecord
  readonly channel: RecordChannel
  /** Hands over what the channel brought since, and everything that follows. */
  listen(listener: (event: ChannelEvent<RoomRecord>) => void): void
}

/**
 * Takes a place for a client.
 * @param isGone Whether the client left while it waited: then it gets no place, and the result is undefined.
 * @throws {NetError} why it may not have one.
 */
export async function enter(entry: Entry, parts: EntranceParts, isGone: () => boolean): Promise<Admission | undefined> {
  const { authorize, client, clock, log, connection } = parts
  const request: AuthorizeRequest = {
    action: entry.type,
    ...(entry.type === 'join' ? { room: normalizeRoomCode(entry.room) } : {}),
    ...(entry.token === undefined ? {} : { token: entry.token }),
    ...client,
  }
  const failed = (error: unknown) => log({ event: 'failed', connection, error })
  await guess(parts, () => askAuthorize(authorize, request, clock, failed))
  if (isGone()) return undefined
  if (entry.type === 'create') return create(entry, parts)
  return guess(parts, () => join(normalizeRoomCode(entry.room), parts))
}

/** What a wrong guess at a room's code, its password or a token is answered with. */
const WRONG_GUESSES: ReadonlySet<NetErrorCode> = new Set<NetErrorCode>(['ERR_ROOM_NOT_FOUND', 'ERR_TOKEN_REFUSED'])

/** Does what a stranger may try only so often: to find a room, a password or a token by guessing. */
async function guess<T>({ budgets, addressKey }: EntranceParts, step: () => Promise<T>): Promise<T> {
  // Taken before and given back after, so that many guesses at the same time do not slip through.
  if (!budgets.failedEntries.take(addressKey, 1)) {
    throw new NetError('ERR_RATE_LIMITED', 'Too many attempts to enter failed. Try again in a few minutes.')
  }
  let wrong = false
  try {
    return await step()
  } catch (error) {
    wrong = error instanceof NetError && WRONG_GUESSES.has(error.code)
    throw error
  } finally {
    if (!wrong) budgets.failedEntries.giveBack(addressKey, 1)
  }
}

async function create(entry: Extract<Entry, { type: 'create' }>, parts: EntranceParts): Promise<Admission> {
  const { random, log, connection } = parts
  const { topology, maxPeers } = entry
  for (let draw = 1; ; draw++) {
    const code = generateRoomCode(random)
    const made = createRoom({ code, topology, maxPeers }, random)
    try {
      const admission = await admit(code, parts, (room) => {
        if (room) throw new NetError('ERR_ALREADY_IN_USE', 'No free room code was found.')
        return { id: made.host, room: made }
      })
      log({ event: 'room_created', connection, room: code, topology })
      return admission
    } catch (error) {
      const taken = error instanceof NetError && error.code === 'ERR_ALREADY_IN_USE'
      if (!taken || draw >= ROOM_CODE_DRAWS) throw error
    }
  }
}

async function join(code: string, parts: EntranceParts): Promise<Admission> {
  const { random, log, connection } = parts
  const admission = await admit(code, parts, (room) => {
    if (!room) throw new NetError('ERR_ROOM_NOT_FOUND', `No room has the code ${code}. Check it, or ask for a new one.`)
    const id = generatePeerId(random, room.peers)
    return { id, room: addPeer(room, id) }
  })
  log({ event: 'peer_joined', connection, room: code, peer: admission.id })
  return admission
}

/** Changes the room by `place`, and listens to it from before that on. */
async function admit(
  code: string,
  { adapter }: EntranceParts,
  place: (room: RoomRecord | undefined) => { readonly id: number; readonly room: RoomRecord },
): Promise<Admission> {
  let held: ChannelEvent<RoomRecord>[] = []
  let listener: ((event: ChannelEvent<RoomRecord>) => void) | undefined
  // Subscribed first, so that nothing that happens after the change can be missed.
  const channel = await adapter.subscribe<RoomRecord>(code, (event) => {
    if (listener) listener(event)
    else if (held.length <= MAX_HELD_MESSAGES) held.push(event)
  })
  let id = 0
  const update: RecordUpdate<RoomRecord> = (room) => {
    const placed = place(room)
    id = placed.id
    return placed.room
  }
  let record: RoomRecord | undefined
  try {
    record = await adapter.transact(code, update)
  } finally {
    if (!record) channel.close()
  }
  if (!record) throw new Error('the adapter lost the room')
  return {
    id,
    record,
    channel,
    listen(own) {
      if (held.length > MAX_HELD_MESSAGES) throw new Error('too many messages while a client enters its room')
      const missed = held
      held = []
      listener = own
      for (const event of missed) own(event)
    },
  }
}
