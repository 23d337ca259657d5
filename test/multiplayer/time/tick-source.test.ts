// What wakes tickers in a page, with a page and workers that are made up.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultTickSource, PageTickSource } from '../../../src/multiplayer/time/tick-source.ts'
import { VirtualClock } from '../../../src/net/clock.ts'

class FakePage extends EventTarget {
  visibilityState = 'visible'

  show(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

/** A worker whose timers are a clock of its own. */
class FakeWorker {
  static readonly clock = new VirtualClock()
  static made: FakeWorker[] = []
  static forbidden: 'no' | 'throws' | 'tells' = 'no'
  onmessage: ((event: { data: number }) => void) | undefined
  onerror: (() => void) | undefined
  ended = false

  constructor(url: string) {
    if (FakeWorker.forbidden === 'throws') throw new Error('refused')
    expect(url).toMatch(/^blob:/)
    FakeWorker.made.push(this)
    if (FakeWorker.forbidden === 'tells') FakeWorker.clock.setTimeout(() => this.onerror?.(), 0)
  }

  postMessage([number, ms]: [number, number]): void {
    if (FakeWorker.forbidden === 'tells') return
    FakeWorker.clock.setTimeout(() => {
      if (!this.ended) this.onmessage?.({ data: number })
    }, ms)
  }

  terminate(): void {
    this.ended = true
  }
}

let page: FakePage
let clock: VirtualClock
let source: PageTickSource
let rings: number

beforeEach(() => {
  page = new FakePage()
  FakeWorker.made = []
  FakeWorker.forbidden = 'no'
  vi.stubGlobal('document', page)
  vi.stubGlobal('Worker', FakeWorker)
  clock = new VirtualClock()
  source = new PageTickSource(clock)
  rings = 0
})

afterEach(() => {
  source.close()
  vi.unstubAllGlobals()
})

/** Waits again and again, as a ticker does. */
function ringEvery(ms: number): void {
  source.setTimeout(() => {
    rings += 1
    ringEvery(ms)
  }, ms)
}

describe('in a page', () => {
  it('the timers of a page that is shown do', () => {
    ringEvery(20)
    clock.advance(1_000)
    expect(rings).toBe(50)
    expect(FakeWorker.made).toEqual([])
  })

  it('a worker keeps time while it is hidden, and goes when it is shown', () => {
    ringEvery(20)
    page.show('hidden')
    rings = 0
    FakeWorker.clock.advance(1_000)
    expect(rings).toBe(50)
    expect(FakeWorker.made).toHaveLength(1)
    page.show('visible')
    expect(FakeWorker.made[0]!.ended).toBe(true)
    rings = 0
    FakeWorker.clock.advance(1_000)
    expect(rings).toBe(0)
    clock.advance(1_000)
    expect(rings).toBe(50)
  })

  it.each(['throws', 'tells'] as const)('the own timers go on where there can be no worker (%s)', (how) => {
    FakeWorker.forbidden = how
    ringEvery(20)
    page.show('hidden')
    FakeWorker.clock.advance(1)
    rings = 0
    clock.advance(1_000)
    expect(rings).toBe(50)
    expect(FakeWorker.made.length).toBeLessThanOrEqual(1)
  })

  it('nothing rings after it was cancelled or closed', () => {
    const cancel = source.setTimeout(() => {
      rings += 1
    }, 10)
    cancel()
    page.show('hidden')
    ringEvery(10)
    source.close()
    clock.advance(1_000)
    FakeWorker.clock.advance(1_000)
    page.show('visible')
    expect(rings).toBe(0)
    expect(clock.pendingTimers).toBe(0)
    expect(FakeWorker.made.every(({ ended }) => ended)).toBe(true)
  })

  it('is what tickers get by default, and elsewhere timers', () => {
    expect(defaultTickSource(clock)).toBeInstanceOf(PageTickSource)
    vi.unstubAllGlobals()
    expect(defaultTickSource(clock)).toBe(clock)
  })
})
