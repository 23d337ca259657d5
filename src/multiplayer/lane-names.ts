// The names of lanes, for users; on the wire a lane is a number.

import { NetError } from '../net/errors.ts'
import { MAX_LANES } from '../net/link/constants.ts'
import { BULK_LANE, CONTROL_LANE, FIRST_USER_LANE, GAMEPLAY_LANE, type LaneTable } from '../net/link/lane-table.ts'
import type { LaneSettings } from '../net/link/lanes.ts'

/** One of ours, or a name that was given in `lanes`. */
export type LaneName = 'control' | 'gameplay' | 'bulk' | (string & {})

const OURS: readonly [LaneName, number][] = [
  ['control', CONTROL_LANE],
  ['gameplay', GAMEPLAY_LANE],
  ['bulk', BULK_LANE],
]

export class LaneNames {
  /** The settings of the user's lanes, by number. */
  readonly table: LaneTable
  readonly #numbers = new Map<string, number>(OURS)
  readonly #names: string[] = OURS.map(([name]) => name)

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(lanes: Readonly<Record<string, LaneSettings>>) {
    const table = new Map<number, LaneSettings>()
    for (const [name, settings] of Object.entries(lanes)) {
      const { priority, weight = 1 } = settings
      if (this.#numbers.has(name)) throw invalid(`The lane "${name}" is there already.`)
      if (!Number.isInteger(priority) || priority < 0 || priority > 255) {
        throw invalid(`The priority of the lane "${name}" is a whole number from 0 to 255, not ${priority}.`)
      }
      if (!(weight >= 1 && weight <= 1_000))
        throw invalid(`The weight of the lane "${name}" is 1 to 1,000, not ${weight}.`)
      const number = FIRST_USER_LANE + table.size
      if (number >= MAX_LANES) throw invalid(`There can be ${MAX_LANES - FIRST_USER_LANE} lanes beside ours.`)
      table.set(number, { priority, weight })
      this.#numbers.set(name, number)
      this.#names.push(name)
    }
    this.table = table
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER: there is no such lane. */
  numberOf(name: LaneName): number {
    const number = this.#numbers.get(name)
    if (number === undefined)
      throw invalid(`There is no lane "${name}". There are: ${[...this.#numbers.keys()].join(', ')}.`)
    return number
  }

  /** A lane that only the other side has is called by its number. */
  nameOf(number: number): LaneName {
    return this.#names[number] ?? String(number)
  }
}

function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_PARAMETER', message)
}
