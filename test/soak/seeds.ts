// Which seeds a run of the soak covers: a few in `npm test`, 10,000 in `npm run soak`, one to repeat a failure.

/** For one case with all its seeds, in ms of real time: a seed takes a tenth of a second to a second. */
export const SOAK_TIMEOUT_MS = 4 * 3_600_000

/** In all, over both files. */
const SHORT = 200

/** The two files share the seeds by what they cost: of five, the matrix gets two. */
export function seeds(file: 'matrix' | 'yojimbo'): number[] {
  const { SOAK_SEED, SOAK_SEEDS } = process.env
  if (SOAK_SEED !== undefined) return [Number(SOAK_SEED)]
  const count = SOAK_SEEDS === undefined ? SHORT : Number(SOAK_SEEDS)
  const all = Array.from({ length: count }, (_, i) => i + 1)
  return all.filter((seed) => seed % 5 < 2 === (file === 'matrix'))
}

/** The seeds of one case: all cases take turns. A seed to repeat is every case's. */
export function seedsOf<T>(all: readonly number[], cases: readonly T[], index: number): number[] {
  return all.length === 1 ? [...all] : all.filter((_, i) => i % cases.length === index)
}
