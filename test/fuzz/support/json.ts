// Values as JSON and structured cloning bring them: any at all, and changed copies of valid ones.

import type { Chance } from './chance.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const KEYS = ['type', 'id', 'from', 'to', 'signal', 'room', 'peers', '__proto__', 'constructor', 'x', '', '0', 'then']
const TEXTS = [
  '',
  'mesh',
  'star',
  'offer',
  'ping',
  'v=0',
  '\u0000',
  '\ud800',
  '\u202e',
  '😀',
  'K7M-3QX-WPD',
  '__proto__',
  '[object Object]',
]

export function textOf(chance: Chance): string {
  if (chance.oneIn(2)) return chance.pick(TEXTS)
  if (chance.oneIn(8)) return chance.pick(['x', '😀', 'é', '-', '\ud800', '<', ' ']).repeat(chance.size(40_000))
  return String.fromCharCode(...chance.list(chance.size(40), () => chance.below(chance.pick([128, 0x300, 0x1_0000]))))
}

export function jsonOf(chance: Chance, depth = 0): Json {
  switch (chance.below(depth < 4 ? 8 : 6)) {
    case 0:
      return null
    case 1:
      return chance.oneIn(2)
    case 2:
    case 3: {
      const number = chance.number()
      return Number.isFinite(number) ? number : 0
    }
    case 4:
    case 5:
      return textOf(chance)
    case 6:
      return chance.list(chance.size(6), () => jsonOf(chance, depth + 1))
    default:
      return entries(chance.list(chance.size(6), () => [chance.pick(KEYS), jsonOf(chance, depth + 1)]))
  }
}

/** A copy of `valid` with one change or a few: a value swapped, a key or an element more or less. */
export function changed(chance: Chance, valid: Json): Json {
  let copy = structuredClone(valid)
  for (let edits = 1 + chance.size(2); edits > 0; edits--) copy = changedOnce(chance, copy)
  return copy
}

function changedOnce(chance: Chance, value: Json): Json {
  if (typeof value !== 'object' || value === null || chance.oneIn(6)) return jsonOf(chance)
  if (Array.isArray(value)) {
    const at = chance.below(value.length + 1)
    if (chance.oneIn(3)) return value.toSpliced(at, chance.below(2), jsonOf(chance))
    if (chance.oneIn(12)) return chance.list(chance.size(2_000), () => value[0] ?? 1)
    return at < value.length ? value.with(at, changedOnce(chance, value[at]!)) : value.slice(0, at - 1)
  }
  const keys = Object.keys(value)
  const key = chance.pick(keys)
  if (key === undefined || chance.oneIn(5)) {
    return entries([...Object.entries(value), [chance.pick(KEYS), jsonOf(chance)]])
  }
  if (chance.oneIn(5)) return entries(Object.entries(value).filter(([name]) => name !== key))
  return entries(
    Object.entries(value).map(([name, inner]) => [name, name === key ? changedOnce(chance, inner) : inner]),
  )
}

/** An object that may have an own `__proto__`, as JSON.parse makes it. */
function entries(list: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  return Object.fromEntries(list)
}
