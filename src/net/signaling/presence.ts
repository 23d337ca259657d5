// What players and rooms say about themselves: short, flat, and cleaned of what does not belong into a line of text.

import * as v from 'valibot'
import { cleanText } from './clean-text.ts'
import {
  MAX_METADATA_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PRESENCE_LENGTH,
  MAX_PROPERTIES,
  MAX_PROPERTY_LENGTH,
} from './constants.ts'

const Text = (maxLength: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxLength),
    v.transform((text) => cleanText(text, maxLength)),
  )
const Key = v.pipe(v.string(), v.regex(/^[A-Za-z][\w.-]{0,31}$/))
const Value = v.union([Text(MAX_PROPERTY_LENGTH), v.pipe(v.number(), v.finite()), v.boolean()])

const properties = (maxLength: number) =>
  v.pipe(
    v.record(Key, Value),
    v.maxEntries(MAX_PROPERTIES),
    v.check((value) => JSON.stringify(value).length <= maxLength, `Expected at most ${maxLength} characters of JSON`),
  )

/** What a room is, for those who look for one: its mode, its map, its region. */
export const Metadata = properties(MAX_METADATA_LENGTH)

const fields = { name: Text(MAX_NAME_LENGTH), properties: properties(MAX_PRESENCE_LENGTH), visible: v.boolean() }

/** A player, as the others see it. */
export const Presence = v.object(fields)
/** What a player says of itself when it comes, or anew. */
export const PresenceChange = v.strictObject({
  name: v.optional(fields.name),
  properties: v.optional(fields.properties),
  visible: v.optional(fields.visible),
})

/** Short texts, finite numbers and booleans under names of letters, digits, `_`, `.` and `-`. */
export type Properties = Readonly<Record<string, string | number | boolean>>

/** A player, as the others see it. */
export interface PlayerPresence {
  /** At most MAX_NAME_LENGTH characters; empty when none was given. Printable, but chosen by the player: show it as text. */
  readonly name: string
  /** At most MAX_PROPERTIES, and MAX_PRESENCE_LENGTH characters as JSON. */
  readonly properties: Properties
  /** False while the player's page is hidden. */
  readonly visible: boolean
}

/** The part of a presence that is given or changed. */
export type PresenceChange = v.InferOutput<typeof PresenceChange>

/** One for all that say nothing of themselves. */
const NOBODY: PlayerPresence = Object.freeze({ name: '', properties: Object.freeze({}), visible: true })

/** `before` with what `change` names. */
export function changedPresence(change: PresenceChange, before: PlayerPresence = NOBODY): PlayerPresence {
  if (Object.keys(change).length === 0) return before
  const { name = before.name, properties = before.properties, visible = before.visible } = change
  return { name, properties, visible }
}

/** Whether `metadata` has every property of `wanted`, with the same value. */
export function hasProperties(metadata: Properties, wanted: Properties): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value)
}
