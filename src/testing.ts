// `skein/testing`: a network in memory and in virtual time, and what else makes a run of a game reproducible in a test.

export { VirtualClock } from './net/clock.ts'
export { seededRandom } from './net/random.ts'
export { MemorySignaling, type MemorySignalingOptions } from './net/signaling/memory.ts'
export type { BurstLoss, FullConditions, LinkConditions } from './net/simulation/conditions.ts'
export type { Link, LinkPair } from './net/simulation/link.ts'
export { type PeerOptions, SimulatedNetwork, type SimulatedNetworkOptions } from './net/simulation/network.ts'
export type { PathStats } from './net/simulation/path.ts'
export { type PresetName, presets } from './net/simulation/presets.ts'
export type { UntilOptions } from './net/simulation/runner.ts'
