// GameNetworkingSockets' connection tests, cursory and normal, over the simulated network.

import { test } from 'vitest'
import { matrix } from './cases.ts'
import { soak } from './scenario.ts'
import { SOAK_TIMEOUT_MS, seeds, seedsOf } from './seeds.ts'

const all = seeds('matrix')

test.each(matrix.map((each, index) => [each.name, each, seedsOf(all, matrix, index)] as const))(
  '%s',
  (_name, each, own) => soak(each, own),
  SOAK_TIMEOUT_MS,
)
