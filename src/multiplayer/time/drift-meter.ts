// How much faster the host's clock runs than this machine's: the slope through what they differed by over minutes.

import { DRIFT_STRETCH_MS, DRIFT_STRETCHES, DRIFT_TRUST_MS, MAX_DRIFT } from './constants.ts'

export class DriftMeter {
  #points: [at: number, offset: number][] = []
  #stretch = new Stretch()
  /** What is believed without measuring: what was measured before the last `restart`. */
  #before = 0
  #drift = 0

  /** As a share: 1e-4 is 100 ppm, 6 ms a minute. */
  get drift(): number {
    return this.#drift
  }

  /** The delays of one answer, by clocks that do not agree. */
  add(there: number, back: number, now: number): void {
    if (now - this.#stretch.startedAt >= DRIFT_STRETCH_MS) this.#endStretch()
    this.#stretch.add(there, back, now)
  }

  /** A clock jumped, or it is another host's: what was measured is no line any more. The drift stays until there is a better one. */
  restart(): void {
    this.#points = []
    this.#stretch = new Stretch()
    this.#before = this.#drift
  }

  #endStretch(): void {
    this.#points.push(this.#stretch.point)
    this.#stretch = new Stretch()
    if (this.#points.length > DRIFT_STRETCHES) this.#points.shift()
    if (this.#points.length < 3) return
    const span = this.#points.at(-1)![0] - this.#points[0]![0]
    const trust = span ** 2 / (span ** 2 + DRIFT_TRUST_MS ** 2)
    const drift = this.#before + trust * (slope(this.#points) - this.#before)
    this.#drift = Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, drift))
  }
}

/** The answers of a few seconds, which together make one point of the line. */
class Stretch {
  startedAt = Number.NaN
  #there = Number.POSITIVE_INFINITY
  #back = Number.POSITIVE_INFINITY
  #times = 0
  #count = 0

  add(there: number, back: number, now: number): void {
    if (this.#count === 0) this.startedAt = now
    this.#there = Math.min(this.#there, there)
    this.#back = Math.min(this.#back, back)
    this.#times += now
    this.#count += 1
  }

  get point(): [at: number, offset: number] {
    return [this.#times / this.#count, (this.#there - this.#back) / 2]
  }
}

/** Of the line with the least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  let products = 0
  let squares = 0
  for (const [x, y] of points) {
    products += (x - meanX) * (y - meanY)
    squares += (x - meanX) ** 2
  }
  return products / squares
}
