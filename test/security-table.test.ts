// Keeps docs/security.md true: every attack on signaling has a row, and every row names tests that exist and run.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { namedTestProblems } from './support/named-tests.ts'

/** The attacks that touch signaling. */
const ATTACKS = [1, 2, 3, 7, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 26, 28, 30, 31]

const rows = readFileSync('docs/security.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.slice(2, -2).split(' | '))

describe('the table of attacks', () => {
  it('has one row for each that touches signaling', () => {
    expect(rows.map(([number]) => Number(number))).toEqual(ATTACKS)
  })

  it.each(rows)('says of attack %s (%s) what keeps it off and what is not promised', (...cells) => {
    expect(cells).toHaveLength(5)
    const [, , defence, notPromised] = cells
    expect(defence!.length).toBeGreaterThan(40)
    expect(notPromised!.length).toBeGreaterThan(20)
  })

  it.each(rows)('names for attack %s (%s) tests that exist and are not skipped', (...cells) => {
    const tests = cells[4]!.split('<br>')
    expect(tests.flatMap(namedTestProblems)).toEqual([])
  })
})
