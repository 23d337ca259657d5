import { describe, expect, it } from 'vitest'
import { every, systemClock, VirtualClock } from '../../src/net/clock.ts'

describe('virtual time', () => {
  it('runs timers in the order of their time, and of their creation where that is equal', () => {
    const clock = new VirtualClock()
    const log: string[] = []
    clock.setTimeout(() => log.push('late'), 20)
    clock.setTimeout(() => log.push('first at 10'), 10)
    clock.setTimeout(() => log.push('second at 10'), 10)
    clock.setTimeout(() => log.push('now'), 0)
    expect(log).toEqual([])
    clock.advance(15)
    expect(log).toEqual(['now', 'first at 10', 'second at 10'])
    clock.advance(5)
    expect(log.at(-1)).toBe('late')
  })

  it('shows each timer the time for which it was set, and ends at the time that was asked for', () => {
    const clock = new VirtualClock(100)
    const seen: number[] = []
    clock.setTimeout(() => seen.push(clock.now()), 3)
    clock.setTimeout(() => seen.push(clock.now()), 7)
    clock.advance(50)
    expect(seen).toEqual([103, 107])
    expect(clock.now()).toBe(150)
  })

  it('runs timers that timers set, when they fall due in the same advance', () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    clock.setTimeout(() => {
      clock.setTimeout(() => seen.push(clock.now()), 5)
      clock.setTimeout(() => seen.push(clock.now()), 50)
    }, 10)
    clock.advance(20)
    expect(seen).toEqual([15])
    expect(clock.pendingTimers).toBe(1)
  })

  it('never runs a cancelled timer, also when it is cancelled by one of the same moment', () => {
    const clock = new VirtualClock()
    const log: string[] = []
    clock.setTimeout(() => cancelSecond(), 5)
    const cancelSecond = clock.setTimeout(() => log.push('second'), 5)
    const cancelThird = clock.setTimeout(() => log.push('third'), 6)
    cancelThird()
    cancelThird()
    clock.advance(10)
    expect(log).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes a negative delay for none', () => {
    const clock = new VirtualClock()
    let ran = 0
    clock.setTimeout(() => ran++, -5)
    expect(ran).toBe(0)
    clock.advance(0)
    expect(ran).toBe(1)
    expect(clock.now()).toBe(0)
  })
})

describe('every', () => {
  it('calls again and again until it is cancelled', () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    const stop = every(clock, 10, () => seen.push(clock.now()))
    clock.advance(35)
    stop()
    clock.advance(100)
    expect(seen).toEqual([10, 20, 30])
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be cancelled by its own callback', () => {
    const clock = new VirtualClock()
    let calls = 0
    const stop = every(clock, 10, () => {
      calls += 1
      stop()
    })
    clock.advance(100)
    expect(calls).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not make up for late ticks', () => {
    // A clock whose timers come only when the test says so, as in a process that was frozen.
    let now = 0
    let due: (() => void) | undefined
    const clock = {
      now: () => now,
      setTimeout(callback: () => void) {
        due = callback
        return () => {}
      },
    }
    let calls = 0
    every(clock, 10, () => calls++)
    now = 10_000
    due?.()
    expect(calls).toBe(1)
  })
})

describe('the machine clock', () => {
  it('never goes backwards, and calls after the delay, not at once', async () => {
    const before = systemClock.now()
    let ran = false
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(() => {
        ran = true
        resolve()
      }, 5)
      expect(ran).toBe(false)
    })
    // Timers of Node may come up to a millisecond early.
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(4)
  })

  it('does not run what was cancelled', async () => {
    let ran = false
    const cancel = systemClock.setTimeout(() => {
      ran = true
    }, 1)
    cancel()
    await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 10))
    expect(ran).toBe(false)
  })
})
