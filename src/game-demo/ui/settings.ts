// Name, colour and sound, kept in the browser between visits where it allows that.

import { COLOURS, type Profile, randomProfile } from '../profile.ts'
import { createRng } from '../rules/rng.ts'
import { cleanText, NAME_LENGTH } from '../text.ts'

const PROFILE_KEY = 'skein-arena-profile'
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

/** A seed that differs from tab to tab. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!
}

// Private windows and strict settings throw on any access.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Then it is forgotten.
  }
}
