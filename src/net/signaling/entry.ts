// The first message of a session, made from what the caller asks for and checked before anything is sent.

import * as v from 'valibot'
import { NetError } from '../errors.ts'
import { ClientMessage, FIRST_PROBLEM, PROTOCOL_VERSION } from './messages.ts'
import { normalizeRoomCode } from './room-code.ts'
import type { SignalingRequest } from './transport.ts'

/** The message with which a place is asked for. */
export type EntryMessage = Extract<ClientMessage, { type: 'create' | 'join' | 'match' | 'resume' }>

/**
 * What `request` says in the protocol's words, with the room code in its one spelling.
 * @throws {NetError} ERR_INVALID_PARAMETER; ERR_ROOM_NOT_FOUND for a text that cannot be a room's code; ERR_DOES_NOT_EXIST
 * for one that cannot be a place.
 */
export function entryMessage(request: SignalingRequest): EntryMessage {
  const { action, ...rest } = request
  const asked =
    request.action === 'join'
      ? { ...rest, room: roomCode(request.room) }
      : request.action === 'resume'
        ? { ...readPlace(request.place), fresh: true, presence: request.presence }
        : rest
  return checked({ type: action, version: PROTOCOL_VERSION, ...asked }) as EntryMessage
}

/**
 * `message` as it is sent: valid, and without values that were left out.
 * @throws {NetError} ERR_INVALID_PARAMETER
 */
export function checked(message: object): ClientMessage {
  const given = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined))
  const result = v.safeParse(ClientMessage, given, FIRST_PROBLEM)
  if (result.success) return result.output
  const [problem] = result.issues
  const place = v.getDotPath(problem)
  throw new NetError('ERR_INVALID_PARAMETER', `${place ?? 'The request'} cannot be used: ${problem.message}.`)
}

/** A place as text, which an application can keep over a reload of its page. It is a secret, and good for one return. */
export function writePlace(room: string, id: number, secret: string): string {
  return `${room} ${id} ${secret}`
}

function readPlace(text: unknown): { room: string; id: number; secret: string } {
  const [, room, id, secret] = /^(\S{1,64}) (\d{1,10}) (\S{32})$/.exec(String(text)) ?? []
  if (room && id && secret) return { room, id: Number(id), secret }
  throw new NetError('ERR_DOES_NOT_EXIST', 'That is no place in a room. Give what `room.place` was.')
}

function roomCode(text: unknown): string {
  if (typeof text !== 'string') throw new NetError('ERR_INVALID_PARAMETER', 'The room to join is named by a string.')
  const code = normalizeRoomCode(text)
  if (code.length >= 1 && code.length <= 64) return code
  throw new NetError('ERR_ROOM_NOT_FOUND', 'That is no room code. A code looks like K7M-3QX-WPD.')
}
