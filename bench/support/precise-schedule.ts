// Timers that are good to a quarter of a millisecond, for the link that packets take: Node's own are a millisecond or two
// late, which is as much as what is measured, and swap packets that lie closer together.

import type { Schedule } from '../../test/support/udp-conditions.ts'

/** Node's timers wake this much earlier, and the rest is waited for in naps. */
const EARLY_MS = 2
/** Between two looks at the sockets. Asleep, not spinning: the peers need the processors. */
const NAP_MS = 0.2

interface Due {
  readonly at: number
  /** Breaks ties: what came first goes first. */
  readonly turn: number
  readonly callback: () => void
  cancelled: boolean
}

const nothing = new Int32Array(new SharedArrayBuffer(4))

/** A schedule of its own; use one for all directions of a process. */
export function preciseSchedule(): Schedule {
  const heap: Due[] = []
  let turn = 0
  let timer: NodeJS.Timeout | undefined
  let isWatching = false

  const watch = (): void => {
    for (let next = heap[0]; next && next.at <= performance.now(); next = heap[0]) {
      pop(heap)
      if (!next.cancelled) next.callback()
    }
    const next = heap[0]
    if (!next) {
      isWatching = false
      return
    }
    const inMs = next.at - performance.now()
    if (inMs > EARLY_MS) {
      isWatching = false
      timer = setTimeout(wake, inMs - EARLY_MS)
      return
    }
    if (inMs > 0) Atomics.wait(nothing, 0, 0, Math.min(inMs, NAP_MS))
    setImmediate(watch)
  }
  const wake = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (isWatching) return
    isWatching = true
    watch()
  }

  return (callback, at) => {
    const due: Due = { at, turn: turn++, callback, cancelled: false }
    push(heap, due)
    // What it was waiting for is no longer the next one.
    if (heap[0] === due && !isWatching) {
      clearTimeout(timer)
      timer = setTimeout(wake, Math.max(0, at - performance.now() - EARLY_MS))
    }
    return () => {
      due.cancelled = true
    }
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn)
}

function push(heap: Due[], due: Due): void {
  let index = heap.push(due) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!isBefore(due, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = due
}

function pop(heap: Due[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
    if (!isBefore(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
}
