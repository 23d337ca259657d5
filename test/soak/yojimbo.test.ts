// yojimbo's soak and its unit tests' links, over the simulated network.

import { test } from 'vitest'
import { yojimbo } from './cases.ts'
import { soak } from './scenario.ts'
import { SOAK_TIMEOUT_MS, seeds, seedsOf } from './seeds.ts'

const all = seeds('yojimbo')

test.each(yojimbo.map((each, index) => [each.name, each, seedsOf(all, yojimbo, index)] as const))(
  '%s',
  (_name, each, own) => soak(each, own),
  SOAK_TIMEOUT_MS,
)
