// Name, colour and sound, kept in the browser between visits where it allows that; and the tab's place in a room, kept while
// the page is loaded anew.

import type { Room } from '../../index.ts'
import { COLOURS, type Profile, randomProfile } from '../profile.ts'
import { createRng } from '../rules/rng.ts'
import { NAME_LENGTH, receiveText } from '../text.ts'

const PROFILE_KEY = 'skein-arena-profile'
const PLACE_KEY = 'skein-arena-place'
const SOUND_KEY = 'skein-arena-sound'

/** The remembered profile, or a new one with a name from the hat. */
export function loadProfile(): Profile {
  return profileIn(parse(read(PROFILE_KEY))) ?? randomProfile(createRng(freshSeed()))
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

/** Remembers this tab's place in a room, and who it is there, for the page that follows. */
export function savePlace({ code, place }: Pick<Room, 'code' | 'place'>, { name, colour }: Profile): void {
  if (place !== undefined) write(PLACE_KEY, JSON.stringify({ code, place, name, colour }), () => sessionStorage)
}

/** The place that the page before had in this tab, if it was in this room. It is good for one return. */
export function takePlace(code: string): { readonly place: string; readonly profile: Profile } | undefined {
  const kept = parse(read(PLACE_KEY, () => sessionStorage))
  write(PLACE_KEY, 'null', () => sessionStorage)
  const profile = profileIn(kept)
  if (!profile || kept.code !== code || typeof kept.place !== 'string') return undefined
  return { place: kept.place, profile }
}

/** A seed that differs from tab to tab. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!
}

function profileIn({ name, colour }: Readonly<Record<string, unknown>>): Profile | undefined {
  const clean = receiveText(name, NAME_LENGTH)
  if (clean === undefined || typeof colour !== 'number' || COLOURS[colour] === undefined) return undefined
  return { name: clean, colour, bot: false }
}

/** What was written here, or by an older version, or by somebody who likes to try. */
function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
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
