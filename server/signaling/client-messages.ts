// Reads what a client sends.

import * as v from 'valibot'
import { NetError } from '../../src/net/errors.ts'
import { ClientMessage, FIRST_PROBLEM, PROTOCOL_VERSION } from '../../src/net/signaling/messages.ts'
import type { SignalRequest } from './plain-signal.ts'
import { plainSignal } from './plain-signal.ts'
import { checkSignalText } from './signal-text.ts'

/** A client's message, once it has been checked. */
export type ClientRequest = Exclude<ClientMessage, { type: 'signal' }> | SignalRequest

/**
 * The message in `text`.
 * @throws {NetError} ERR_INVALID_DATA; ERR_SIGNALING_PROTOCOL for a first message in another version of the protocol.
 */
export function readClientMessage(text: string): ClientRequest {
  const plain = plainSignal(text)
  if (plain) {
    checkSignalText(plain.signal)
    return plain
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new NetError('ERR_INVALID_DATA', 'A signaling message is JSON.', { cause })
  }
  // Before the rest: another version's message may have keys that this one refuses.
  const version = versionOf(json)
  if (version !== undefined && version !== PROTOCOL_VERSION) {
    const message = `This server speaks version ${PROTOCOL_VERSION} of the protocol, the client ${version}.`
    throw new NetError('ERR_SIGNALING_PROTOCOL', `${message} Update the older one.`)
  }
  const result = v.safeParse(ClientMessage, json, FIRST_PROBLEM)
  if (result.success) {
    const message = result.output
    if (message.type !== 'signal') return message
    checkSignalText(message.signal)
    return { ...message, text: JSON.stringify(message.signal) }
  }
  const [problem] = result.issues
  const place = v.getDotPath(problem) ?? 'message'
  throw new NetError('ERR_INVALID_DATA', `${place.slice(0, 100)}: ${problem.message.slice(0, 200)}`)
}

const FIRST_MESSAGES: ReadonlySet<unknown> = new Set(['create', 'join', 'match', 'resume', 'list'])

/** The version that a first message says it is of. By hand, because this is asked of every message. */
function versionOf(json: unknown): number | undefined {
  if (typeof json !== 'object' || json === null || !('version' in json) || !('type' in json)) return undefined
  const { type, version } = json
  return FIRST_MESSAGES.has(type) && typeof version === 'number' ? version : undefined
}
