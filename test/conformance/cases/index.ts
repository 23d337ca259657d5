// All cases, in the order in which they run.

import type { Case } from '../scene.ts'
import { channels } from './channels.ts'
import { connecting } from './connecting.ts'
import { life } from './life.ts'
import { misuse } from './misuse.ts'
import { packets } from './packets.ts'
import { reentrancy } from './reentrancy.ts'
import { remote } from './remote.ts'
import { telling } from './telling.ts'

export const CASES: readonly Case[] = [
  ...connecting,
  ...misuse,
  ...channels,
  ...packets,
  ...remote,
  ...life,
  ...reentrancy,
  ...telling,
]

/** Those whose outcome depends on both drivers. The others look at one side only, or at two of the same kind. */
export const CASES_ACROSS: readonly Case[] = [...connecting, ...channels, ...packets, ...remote, ...telling].filter(
  ({ sides }) => sides === 2,
)

/** The names of the cases, for documents that say which one proves what. */
export const CASE_NAMES: readonly string[] = CASES.map(({ name }) => name)
