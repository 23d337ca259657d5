// Reads what a client sends.

import * as v from 'valibot'
import { NetError } from '../../src/net/errors.ts'
import { ClientMessage, FIRST_PROBLEM, PROTOCOL_VERSION } from '../../src/net/signaling/messages.ts'
import { checkSignalText } from './signal-text.ts'

const Entry = v.object({ type: v.picklist(['create', 'join']), version: v.number() })

/**
 * The message in `text`.
 * @throws {NetError} ERR_INVALID_DATA; ERR_SIGNALING_PROTOCOL for a first message in another version of the protocol.
 */
export function readClientMessage(text: string): ClientMessage {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new NetError('ERR_INVALID_DATA', 'A signaling message is JSON.', { cause })
  }
  // Before the rest: another version's message may have keys that this one refuses.
  const entry = v.safeParse(Entry, json)
  if (entry.success && entry.output.version !== PROTOCOL_VERSION) {
    const message = `This server speaks version ${PROTOCOL_VERSION} of the protocol, the client ${entry.output.version}.`
    throw new NetError('ERR_SIGNALING_PROTOCOL', `${message} Update the older one.`)
  }
  const result = v.safeParse(ClientMessage, json, FIRST_PROBLEM)
  if (result.success) {
    if (result.output.type === 'signal') checkSignalText(result.output.signal)
    return result.output
  }
  const [problem] = result.issues
  const place = v.getDotPath(problem) ?? 'message'
  throw new NetError('ERR_INVALID_DATA', `${place.slice(0, 100)}: ${problem.message.slice(0, 200)}`)
}
