// `skein/testing`: what makes a run of a game reproducible in a test.

export { VirtualClock } from './net/clock.ts'
export { seededRandom } from './net/random.ts'
export { MemorySignaling, type MemorySignalingOptions } from './net/signaling/memory.ts'
