// The first message of a session, made from what the caller asks for and checked before anything is sent.

import * as v from 'valibot'
import { NetError } from '../errors.ts'
import { ClientMessage, FIRST_PROBLEM, PROTOCOL_VERSION } from './messages.ts'
import { normalizeRoomCode } from './room-code.ts'
import type { SignalingRequest } from './transport.ts'

/** The `create` or `join` message, without values that were left out. */
export type EntryMessage = Extract<ClientMessage, { type: 'create' | 'join' }>

/**
 * What `request` says in the protocol's words, with the room code in its one spelling.
 * @throws {NetError} ERR_INVALID_PARAMETER; ERR_ROOM_NOT_FOUND for a text that cannot be a room's code.
 */
export function entryMessage(request: SignalingRequest): EntryMessage {
  const token = request.token === undefined ? {} : { token: request.token }
  const message: EntryMessage =
    request.action === 'create'
      ? {
          type: 'create',
          version: PROTOCOL_VERSION,
          topology: request.topology,
          ...(request.maxPeers === undefined ? {} : { maxPeers: request.maxPeers }),
          ...token,
        }
      : { type: 'join', version: PROTOCOL_VERSION, room: roomCode(request.room), ...token }
  const result = v.safeParse(ClientMessage, message, FIRST_PROBLEM)
  if (!result.success) {
    const [problem] = result.issues
    const place = v.getDotPath(problem)
    throw new NetError('ERR_INVALID_PARAMETER', `${place ?? 'The request'} cannot be used: ${problem.message}.`)
  }
  return message
}

function roomCode(text: unknown): string {
  if (typeof text !== 'string') throw new NetError('ERR_INVALID_PARAMETER', 'The room to join is named by a string.')
  const code = normalizeRoomCode(text)
  if (code.length >= 1 && code.length <= 64) return code
  throw new NetError('ERR_ROOM_NOT_FOUND', 'That is no room code. A code looks like K7M-3QX-WPD.')
}
