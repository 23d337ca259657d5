// Who a player is to the others: a name and a colour.

import type { PlayerPresence } from '../index.ts'
import { type Rng, random } from './rules/rng.ts'
import { cleanText, NAME_LENGTH, receiveText } from './text.ts'

export interface Profile {
  readonly name: string
  /** An index into COLOURS. */
  readonly colour: number
  readonly bot: boolean
}

/** A profile as the room's presence carries it. */
export function presenceOf({ name, colour, bot }: Profile): Pick<PlayerPresence, 'name' | 'properties'> {
  return { name, properties: { colour, bot } }
}

/** What a player says of itself. It may be anything, and nothing when signaling does not know the player any more. */
export function profileOf(id: number, presence: PlayerPresence | undefined): Profile {
  const { colour, bot } = presence?.properties ?? {}
  return {
    name: receiveText(presence?.name, NAME_LENGTH) ?? `Pilot ${id % 1000}`,
    colour: typeof colour === 'number' && COLOURS[colour] !== undefined ? colour : id % COLOURS.length,
    bot: bot === true,
  }
}

/** Ships' colours: told apart on the dark ground, also by most colour-blind players, by hue and by lightness. */
export const COLOURS: readonly number[] = [
  0x5ad1ff, 0xffb347, 0x7dff8e, 0xff6b81, 0xc792ff, 0xffe66b, 0x4dffd8, 0xff8ade, 0x8aa4ff, 0xd6ff6b, 0xff8f5a,
  0xe8f0ff,
]

export function colourOf(index: number): number {
  return COLOURS[index] ?? COLOURS[0]!
}

/** As CSS wants it. */
export function cssColour(index: number): string {
  return `#${colourOf(index).toString(16).padStart(6, '0')}`
}

const FIRST = [
  'Swift',
  'Lucky',
  'Quiet',
  'Brave',
  'Amber',
  'Cosmic',
  'Misty',
  'Rapid',
  'Silver',
  'Velvet',
  'Wild',
  'Nova',
]
const SECOND = ['Goose', 'Comet', 'Heron', 'Otter', 'Falcon', 'Moth', 'Swan', 'Ibis', 'Lynx', 'Crane', 'Wren', 'Tern']
const BOTS = [
  'Ada',
  'Turing',
  'Hopper',
  'Lovelace',
  'Kepler',
  'Vega',
  'Rigel',
  'Altair',
  'Lyra',
  'Orion',
  'Mira',
  'Deneb',
]

function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[Math.floor(random(rng) * list.length)]!
}

export function randomProfile(rng: Rng): Profile {
  return {
    name: cleanText(`${pick(rng, FIRST)} ${pick(rng, SECOND)}`, NAME_LENGTH),
    colour: Math.floor(random(rng) * COLOURS.length),
    bot: false,
  }
}

/**
 * What this player calls itself next to a namesake: usually a second tab of the same browser. Of two, the one with the
 * higher id steps aside, so that exactly one does. `undefined`: it keeps its name.
 */
export function besideNamesake(
  own: Profile,
  ownId: number,
  others: readonly { readonly id: number; readonly profile: Profile }[],
): Profile | undefined {
  if (!others.some(({ id, profile }) => id < ownId && profile.name === own.name)) return undefined
  const names = new Set(others.map(({ profile }) => profile.name))
  const base = own.name.replace(/ \d+$/, '')
  let number = 2
  while (names.has(numbered(base, number))) number++
  // The same browser also remembers the same colour.
  const colours = new Set(others.map(({ profile }) => profile.colour))
  const free = COLOURS.findIndex((_, index) => !colours.has(index))
  return { ...own, name: numbered(base, number), colour: colours.has(own.colour) && free >= 0 ? free : own.colour }
}

function numbered(base: string, number: number): string {
  const suffix = ` ${number}`
  return cleanText(base, NAME_LENGTH - suffix.length) + suffix
}

export function botProfile(rng: Rng, name?: string): Profile {
  const chosen = cleanText(name ?? '', NAME_LENGTH)
  return { name: chosen || pick(rng, BOTS), colour: Math.floor(random(rng) * COLOURS.length), bot: true }
}
