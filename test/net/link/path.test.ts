import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE, MAX_WINDOW, MIN_WINDOW, START_WINDOW } from '../../../src/net/link/constants.ts'
import { Path } from '../../../src/net/link/path.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'

interface Line {
  /** Bytes a ms. */
  rate: number
  /** One way, in ms. */
  latencyMs: number
  readonly jitterMs?: number
  readonly loss?: number
}

/** A sender that keeps its window full over a line with a queue: what it sends, in steps of a quarter of a ms. */
class Transfer {
  readonly path = new Path()
  readonly line: Line
  now = 0
  /** Bytes that came through. */
  delivered = 0
  /** How long what leaves the queue now has waited there, in ms. */
  queueMs = 0
  readonly #random = seededRandom(21)
  #flight = 0
  /** When the bottleneck is free again. */
  #freeAt = 0
  #acks: { at: number; bytes: number; sentAt: number; delayMs: number }[] = []
  #lost: { at: number; bytes: number }[] = []

  constructor(line: Line) {
    this.line = line
  }

  /** Runs for `ms`. Returns the share of the line that was used, and the mean queue in ms. */
  run(ms: number): { share: number; queueMs: number } {
    const { path } = this
    const before = this.delivered
    const end = this.now + ms
    let queue = 0
    let steps = 0
    for (; this.now < end; this.now += 0.25) {
      while (this.#flight + MAX_MESSAGE <= path.window) this.#send()
      this.#hear()
      this.queueMs = Math.max(0, this.#freeAt - this.now)
      queue += this.queueMs
      steps += 1
    }
    return { share: (this.delivered - before) / (this.line.rate * ms), queueMs: queue / steps }
  }

  #send(): void {
    const { rate, latencyMs, jitterMs = 0, loss = 0 } = this.line
    this.#flight += MAX_MESSAGE
    this.#freeAt = Math.max(this.#freeAt, this.now) + MAX_MESSAGE / rate
    const delayMs = this.#freeAt - this.now + latencyMs + randomUnit(this.#random) * jitterMs
    const at = this.now + delayMs + latencyMs
    // As by its timeout: what is lost is out of the way after a while.
    if (randomUnit(this.#random) < loss) this.#lost.push({ at: at + latencyMs, bytes: MAX_MESSAGE })
    else this.#acks.push({ at, bytes: MAX_MESSAGE, sentAt: this.now, delayMs })
  }

  #hear(): void {
    const due = this.#acks.filter(({ at }) => at <= this.now)
    this.#acks = this.#acks.filter(({ at }) => at > this.now)
    for (const { bytes, sentAt, delayMs } of due) {
      const flight = this.#flight
      this.#flight -= bytes
      this.delivered += bytes
      this.path.roundTrip(this.now - sentAt, this.now)
      // The clocks of the two sides differ.
      this.path.delayed(delayMs - 7_777, this.now)
      this.path.delivered(bytes, flight, this.now)
    }
    for (const { at, bytes } of this.#lost) if (at <= this.now) this.#flight -= bytes
    this.#lost = this.#lost.filter(({ at }) => at > this.now)
  }
}

const MBIT = 125

describe('the window', () => {
  it.each([
    [2, 10],
    [20, 25],
    [50, 10],
  ])('fills a line of %i Mbit/s at %i ms within 20 round trips, with a queue that is not felt', (mbit, latencyMs) => {
    const transfer = new Transfer({ rate: mbit * MBIT, latencyMs })
    transfer.run(20 * 2 * latencyMs)
    const { share, queueMs } = transfer.run(4_000)
    expect(share).toBeGreaterThan(0.85)
    // Or two packets, where a packet takes longer than that.
    expect(queueMs).toBeLessThan(Math.max(8, (3 * MAX_MESSAGE) / (mbit * MBIT)))
  })

  it('shrinks when the line does, and the queue is gone soon; it finds the old rate again', () => {
    const transfer = new Transfer({ rate: 20 * MBIT, latencyMs: 25 })
    transfer.run(5_000)
    const before = transfer.path.window
    transfer.line.rate = 4 * MBIT
    transfer.run(400)
    expect(transfer.path.window).toBeLessThan(before / 2)
    transfer.run(1_500)
    expect(transfer.queueMs).toBeLessThan(30)
    transfer.line.rate = 20 * MBIT
    transfer.run(5_000)
    expect(transfer.run(2_000).share).toBeGreaterThan(0.7)
  })

  it.each([
    [20, 10, 60],
    [20, 25, 30],
    [2, 10, 60],
    [50, 5, 100],
  ])('of %i Mbit/s finds its rate again when the way becomes longer, from %i to %i ms', (mbit, from, to) => {
    const transfer = new Transfer({ rate: mbit * MBIT, latencyMs: from })
    transfer.run(5_000)
    transfer.line.latencyMs = to
    transfer.run(5_000)
    const { share, queueMs } = transfer.run(2_000)
    expect(share).toBeGreaterThan(0.5)
    expect(queueMs).toBeLessThan(30)
  })

  it.each([0.02, 0.05, 0.1])('does not fall together under a loss of %f by chance', (loss) => {
    const transfer = new Transfer({ rate: 20 * MBIT, latencyMs: 25, loss })
    transfer.run(3_000)
    expect(transfer.run(4_000).share).toBeGreaterThan(0.6)
  })

  it.each([1, 5, 30])('does not fall together under a jitter of %i ms', (jitterMs) => {
    const transfer = new Transfer({ rate: 20 * MBIT, latencyMs: 25, jitterMs })
    transfer.run(3_000)
    expect(transfer.run(4_000).share).toBeGreaterThan(0.6)
  })
})

it('is not narrow for what comes late while next to nothing is on its way', () => {
  const path = new Path()
  for (let now = 0; now < 2_000; now += 16) {
    const lateBy = (now / 16) % 20 < 6 ? 40 : 0
    path.roundTrip(50 + lateBy, now)
    path.delayed(25 + lateBy, now)
    path.delivered(80, 300, now)
    path.silent(lateBy + 100, 300, now)
  }
  expect(path.isNarrow).toBe(false)
  expect(path.window).toBeGreaterThanOrEqual(START_WINDOW)
})

describe('figures of a path', () => {
  it('know nothing before the first sample, and say so', () => {
    const path = new Path()
    expect([path.capacity, path.rate, path.roundTripMs, path.queueMs(0)]).toEqual([0, 0, undefined, 0])
  })

  it('know about what the line carries', () => {
    const transfer = new Transfer({ rate: 20 * MBIT, latencyMs: 25 })
    transfer.run(5_000)
    expect(transfer.path.capacity / (20 * MBIT * 1_000)).toBeGreaterThan(0.8)
    expect(transfer.path.capacity / (20 * MBIT * 1_000)).toBeLessThan(1.3)
    expect(transfer.path.roundTripMs).toBeLessThan(52)
  })

  it('stay numbers within their limits, whatever is said in whatever order, also all at once', () => {
    const random = seededRandom(5)
    for (let run = 0; run < 200; run++) {
      const path = new Path()
      let now = 0
      for (let i = 0; i < 300; i++) {
        if (random() % 3 === 0) now += (random() % 100) * (run % 3)
        const value = [0, 1e-9, 1, 40, 5_000, 1e9][random() % 6]!
        const step = random() % 5
        if (step === 0) path.roundTrip(value, now)
        else if (step === 1) path.delayed(random() % 2 === 0 ? value : -value, now)
        else if (step === 2) path.delivered(Math.ceil(value), random() % 2_000_000, now)
        else if (step === 3) path.silent(value, 20_000, now)
        else if (random() % 20 === 0) path.restart()
        const figures = [path.window, path.rate, path.capacity, path.targetMs, path.queueMs(now)]
        const within = path.window >= MIN_WINDOW && path.window <= MAX_WINDOW
        if (!within || !figures.every((figure) => Number.isFinite(figure))) expect.fail(`${figures}`)
      }
    }
  })
})
