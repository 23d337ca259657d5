// Links by name. Latency and jitter in ms, one way; loss as a share.

import type { LinkConditions } from './conditions.ts'

const link = (latencyMs: number, jitterMs: number, lossPercent: number): LinkConditions => ({
  latencyMs,
  jitterMs,
  loss: lossPercent / 100,
})

/**
 * Conditions to spread into a network or a link: `new SimulatedNetwork({ ...presets['4G'] })`.
 *
 * Fiber to 2G are the presets of Unity's Network Simulator (delay, jitter, loss of each packet), `unplayable` is
 * Netcode for Entities', `good`, `average` and `poor` are lightyear's, `mirror` is Mirror's default.
 */
export const presets = {
  Fiber: link(10, 1, 0),
  Cable: link(25, 5, 0),
  DSL: link(30, 10, 0),
  Broadband: link(32, 12, 2),
  Satellite: link(100, 10, 0),
  Congested: link(50, 50, 1),
  '5G': link(30, 20, 4),
  '4.5G': link(80, 20, 4),
  '4G': link(100, 20, 4),
  '3.75G': link(130, 30, 6),
  '3.5G': link(160, 30, 6),
  '3G': link(360, 30, 7),
  '2.75G': link(440, 40, 7),
  '2.5G': link(480, 40, 7),
  '2G': link(520, 50, 7),
  unplayable: link(300, 400, 30),
  // lightyear names round trips and splits them, half of the loss on each side.
  good: link(40, 6, 0.2),
  average: link(100, 15, 2),
  poor: link(200, 30, 10),
  mirror: { ...link(100, 2, 2), reorder: 0.02 },
} as const satisfies Readonly<Record<string, LinkConditions>>

/** The name of a link in `presets`. */
export type PresetName = keyof typeof presets
