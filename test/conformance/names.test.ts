// Documents refer to the cases by their names.

import { expect, it } from 'vitest'
import { CASE_NAMES } from './cases/index.ts'

it('every case of the conformance suite has a name of its own', () => {
  expect(new Set(CASE_NAMES).size).toBe(CASE_NAMES.length)
})
