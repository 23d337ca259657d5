// Reads what the signaling server sends.

import * as v from 'valibot'
import { MAX_SERVER_MESSAGE_LENGTH } from './constants.ts'
import { FIRST_PROBLEM, ServerMessage } from './messages.ts'

/** What a text from the server turned out to be. `unknown`: well-formed, but of a type that a newer server may send. */
export type ServerInput =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed'; readonly reason: string }

const KNOWN_TYPES: ReadonlySet<string> = new Set(ServerMessage.options.map((option) => option.entries.type.literal))
const Typed = v.object({ type: v.string() })

/** Never throws. `data` is a WebSocket message's data; anything but text is malformed. */
export function readServerMessage(data: unknown): ServerInput {
  if (typeof data !== 'string') return malformed('it is not text')
  if (data.length > MAX_SERVER_MESSAGE_LENGTH) return malformed(`it has ${data.length} characters`)
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    return malformed('it is not JSON')
  }
  const typed = v.safeParse(Typed, json)
  if (!typed.success) return malformed('it has no type')
  if (!KNOWN_TYPES.has(typed.output.type)) return { kind: 'unknown' }
  const result = v.safeParse(ServerMessage, json, FIRST_PROBLEM)
  if (result.success) return { kind: 'message', message: result.output }
  const [problem] = result.issues
  return malformed(`${v.getDotPath(problem) ?? 'it'}: ${problem.message.slice(0, 200)}`)
}

function malformed(reason: string): ServerInput {
  return { kind: 'malformed', reason }
}
