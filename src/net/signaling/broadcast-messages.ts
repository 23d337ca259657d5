// What tabs of one origin tell each other over a BroadcastChannel. Other code of the origin may use the same channel,
// so every message is validated like one from a stranger.

import * as v from 'valibot'
import { MAX_PEERS_LIMIT } from './constants.ts'
import { FIRST_PROBLEM, PeerId, RoomInfo, Signal } from './messages.ts'
import { Presence, PresenceChange } from './presence.ts'

/** Tabs that were loaded before and after an update do not understand each other, and ignore each other. */
export const BROADCAST_VERSION = 2

const RoomRecord = v.pipe(
  v.object({
    ...RoomInfo.entries,
    peers: v.pipe(v.array(PeerId), v.minLength(1), v.maxLength(MAX_PEERS_LIMIT)),
    presence: v.pipe(v.record(v.pipe(v.string(), v.regex(/^\d{1,10}$/)), Presence), v.maxEntries(MAX_PEERS_LIMIT)),
    revision: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  v.check(
    ({ peers, presence }) => peers.every((id) => Object.hasOwn(presence, id)),
    'Expected a presence of each peer',
  ),
)

export const BroadcastMessage = v.variant('type', [
  /** A joiner asks the host to let it in under the id that it drew. */
  v.object({ type: v.literal('knock'), from: PeerId, presence: v.optional(PresenceChange) }),
  /** The host's answer when it does not. */
  v.object({ type: v.literal('refused'), to: PeerId, code: v.string(), message: v.pipe(v.string(), v.maxLength(500)) }),
  /** The room after a change, by the host. For a joiner that it names, this is the admission. */
  v.object({ type: v.literal('room'), room: RoomRecord, kicked: v.optional(PeerId) }),
  /** What a member says of itself: the host puts it into the room. */
  v.object({ type: v.literal('presence'), from: PeerId, presence: PresenceChange }),
  v.object({ type: v.literal('signal'), from: PeerId, to: PeerId, signal: Signal }),
  v.object({ type: v.literal('leave'), from: PeerId }),
  /** "Who is there?", asked by whichever tab's timer runs first, and its answer. */
  v.object({ type: v.literal('ask'), from: PeerId }),
  v.object({ type: v.literal('here'), from: PeerId }),
])
export type BroadcastMessage = v.InferOutput<typeof BroadcastMessage>

const Envelope = v.object({ skein: v.number(), message: v.unknown() })

/** What goes onto the channel. */
export function wrapBroadcast(message: BroadcastMessage): unknown {
  return { skein: BROADCAST_VERSION, message }
}

/** The message in `data`; 'foreign' when it is another version's or another program's; 'malformed' when it is broken. */
export function unwrapBroadcast(data: unknown): BroadcastMessage | 'foreign' | 'malformed' {
  const envelope = v.safeParse(Envelope, data)
  if (!envelope.success || envelope.output.skein !== BROADCAST_VERSION) return 'foreign'
  const message = v.safeParse(BroadcastMessage, envelope.output.message, FIRST_PROBLEM)
  return message.success ? message.output : 'malformed'
}
