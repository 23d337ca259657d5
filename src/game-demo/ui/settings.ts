// Name, colour and sound, kept in the browser between visits where it allows that; and the tab's place in a room, kept while
// the page is loaded anew.

import type { Room } from '../../index.ts'
import { COLOURS, type Profile, randomProfile } from '../profile.ts'
import { createRng } from '../rules/rng.ts'
import { cleanText, NAME_LENGTH } from '../text.ts'

const PROFILE_KEY = 'skein-arena-profile'
const PLACE_KEY = 'skein-arena-place'
const SOUND_KEY = 'skein-arena-sound'

/** The remembered profile, or a new one with a name from the hat. */
export function loadProfile(): Profile {
  const fresh = randomProfile(createRng(freshSeed()))
  try {
    const stored: unknown = JSON.parse(read(PROFILE_KEY) ?? 'null')
    if (typeof stored !== 'object' || stored === null) return fresh
    const { name, colour } = stored as { name?: unknown; colour?: unknown }
    if (typeof name !== 'string' || typeof colour !== 'number' || COLOURS[colour] === undefined) return fresh
    return { name: cleanText(name, NAME_LENGTH) || fresh.name, colour, bot: false }
  } catch {
    return fresh
  }
}

export function saveProfile({ name, colour }: Profile): void {
  write(PROFILE_KEY, JSON.stringify({ name, colour }))
}

export function loadSound(): boolean {
  return read(SOUND_KEY) !== 'off'
}

export function saveSound(on: boolean): void {
  write(SOUND_KEY, on ? 'on' : 'off')
}

/** Remembers this tab's place in a room for the page that follows. */
export function savePlace({ code, place }: Pick<Room, 'code' | 'place'>): void {
  if (place !== undefined) write(PLACE_KEY, JSON.stringify({ code, place }), () => sessionStorage)
}

/** The place in the room that the page before had in this tab. It is good for one return. */
export function takePlace(code: string): string | undefined {
  const stored = read(PLACE_KEY, () => sessionStorage)
  write(PLACE_KEY, 'null', () => sessionStorage)
  const kept = JSON.parse(stored ?? 'null') as Pick<Room, 'code' | 'place'> | null
  return kept?.code === code ? kept.place : undefined
}

/** A seed that differs from tab to tab. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!
}

// Private windows and strict settings throw on any access.
function read(key: string, storage = () => localStorage): string | null {
  try {
    return storage().getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string, storage = () => localStorage): void {
  try {
    storage().setItem(key, value)
  } catch {
    // Then it is forgotten.
  }
}
