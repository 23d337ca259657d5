// The clock beneath the network: a heap of timers that must behave like a sorted list.

import { describe, expect, test } from 'vitest'
import { seededRandom, VirtualClock } from '../../../src/testing.ts'

describe('VirtualClock', () => {
  test('runs timers by time, then by creation', () => {
    const clock = new VirtualClock()
    const ran: string[] = []
    clock.setTimeout(() => ran.push('b1'), 5)
    clock.setTimeout(() => ran.push('a'), 1)
    clock.setTimeout(() => ran.push('b2'), 5)
    clock.setTimeout(() => ran.push('later'), 6)
    clock.advance(5)
    expect(ran).toEqual(['a', 'b1', 'b2'])
    expect(clock.now()).toBe(5)
    expect(clock.pendingTimers).toBe(1)
    expect(clock.nextTimerAt).toBe(6)
  })

  test('a timer set by a timer runs in the same advance when it is due', () => {
    const clock = new VirtualClock(100)
    const times: number[] = []
    const again = () => {
      times.push(clock.now())
      if (times.length < 5) clock.setTimeout(again, 10)
    }
    clock.setTimeout(again, 10)
    clock.advance(35)
    expect(times).toEqual([110, 120, 130])
    expect(clock.now()).toBe(135)
  })

  test('cancelled timers do not run and are not counted; cancelling twice or late does nothing', () => {
    const clock = new VirtualClock()
    let ran = 0
    const cancel = clock.setTimeout(() => ran++, 5)
    const other = clock.setTimeout(() => ran++, 5)
    cancel()
    cancel()
    expect(clock.pendingTimers).toBe(1)
    clock.advance(10)
    other()
    expect(ran).toBe(1)
    expect(clock.pendingTimers).toBe(0)
    expect(clock.nextTimerAt).toBeUndefined()
  })

  test.each([-5, Number.NaN])('a delay of %d is one of 0', (delay) => {
    const clock = new VirtualClock()
    let ran = false
    clock.setTimeout(() => {
      ran = true
    }, delay)
    clock.advance(0)
    expect(ran).toBe(true)
  })

  test('equals a sorted list in 200 random runs', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed)
      const clock = new VirtualClock()
      const expected: { at: number; order: number }[] = []
      const ran: number[] = []
      const cancels: (() => void)[] = []
      const cancelled = new Set<number>()
      for (let order = 0; order < 300; order++) {
        const at = random() % 50
        expected.push({ at, order })
        cancels.push(clock.setTimeout(() => ran.push(order), at))
        if (random() % 3 > 0) {
          const victim = random() % cancels.length
          cancels[victim]!()
          cancelled.add(victim)
        }
      }
      expect(clock.pendingTimers).toBe(300 - cancelled.size)
      clock.advance(50)
      const sorted = expected
        .filter(({ order }) => !cancelled.has(order))
        .sort((a, b) => a.at - b.at || a.order - b.order)
      expect(ran, `seed ${seed}`).toEqual(sorted.map(({ order }) => order))
      expect(clock.pendingTimers).toBe(0)
    }
  })

  test('100,000 timers take no time', () => {
    const clock = new VirtualClock()
    let ran = 0
    for (let i = 0; i < 100_000; i++) clock.setTimeout(() => ran++, (i * 7919) % 10_007)
    clock.advance(20_000)
    expect(ran).toBe(100_000)
  }, 3000)
})
