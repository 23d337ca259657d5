// Registers the cases for a pair of sides. A driver's test file is a call of `describeConformance`.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import { CASES, CASES_ACROSS } from './cases/index.ts'
import type { Settle } from './endpoint.ts'
import type { Entry } from './host.ts'
import { type Case, Scene } from './scene.ts'
import type { Side } from './side.ts'

export interface Environment {
  readonly a: Side
  readonly b: Side
  /** For virtual time: drives it until the promise is settled. */
  readonly settle?: Settle
  close?(): Promise<void>
}

export interface ConformanceOptions {
  /** Two drivers: only the cases whose outcome depends on both. */
  readonly across?: boolean
  /** Every connection of this pair may fail for a reason that is known and rare: a case is given a second chance. */
  readonly retry?: number
}

export function describeConformance(
  name: string,
  open: () => Promise<Environment> | Environment,
  { across = false, retry = 0 }: ConformanceOptions = {},
): void {
  describe(`conformance: ${name}`, () => {
    let environment: Environment

    beforeAll(async () => {
      environment = await open()
    })

    afterAll(() => environment?.close?.())

    afterEach(async () => {
      const sides = [environment.a, environment.b]
      await Promise.all(sides.map((side) => side.call('reset')))
      expect(sides.flatMap(({ uncaught }) => uncaught.splice(0))).toEqual([])
    })

    for (const each of across ? CASES_ACROSS : CASES)
      it(each.name, retry > 0 ? { retry } : {}, () => runCase(each, environment))
  })
}

async function runCase(each: Case, { a, b, settle = (promise) => promise }: Environment): Promise<void> {
  const scene = new Scene(a, b, settle)
  try {
    await each.run(scene)
  } catch (error) {
    if (error instanceof Error) error.message += `\nA told:\n${await told(a)}\nB told:\n${await told(b)}`
    throw error
  }
  for (const side of [a, b]) {
    const log = await side.call('log')
    checkOrder(log)
    if (!scene.errorsAllowed) expect(log.filter(({ name }) => name === 'error')).toEqual([])
    expect(log.filter(({ name }) => name === 'refused')).toEqual([])
  }
}

async function told(side: Side): Promise<string> {
  const log = await side.call('log')
  return log.map(({ object, name, args }) => `${object}: ${name} ${JSON.stringify(args).slice(0, 150)}`).join('\n')
}

/** What holds for the events of every case. */
function checkOrder(log: readonly Entry[]): void {
  for (const object of new Set(log.map((entry) => entry.object))) {
    const entries = log.filter((entry) => entry.object === object)
    const names = entries.map(({ name }) => name).filter((name) => name !== 'refused')
    expect(names.filter((name) => name === 'open').length, 'open comes at most once').toBeLessThanOrEqual(1)
    if (names.includes('closed')) expect(names.indexOf('closed'), 'closed is the last event').toBe(names.length - 1)
    if (names.includes('packet')) expect(names[0], 'open comes before packets').toBe('open')
    const changes = entries.filter(({ name }) => name === 'connectionStateChanged' || name === 'initialized')
    for (const [n, { args }] of changes.entries()) {
      if (args.length > 0) expect(args, 'a change is a change').not.toEqual(changes[n - 1]?.args)
    }
    const late = entries.filter(
      ({ name, states: { connection } }) =>
        connection === ConnectionState.Closed && !['connectionStateChanged', 'closed', 'refused'].includes(name),
    )
    expect(late, 'nothing is told after close').toEqual([])
  }
}
