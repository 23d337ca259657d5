import { describe, expect, it } from 'vitest'
import { type ShipState, SnapshotBuffer } from '../../../src/game-demo/net/interpolation.ts'
import { createRng, random } from '../../../src/game-demo/rules/rng.ts'

const INTERVAL = 1000 / 30
/** What every packet takes. */
const LATENCY = 40

function state(time: number, over: Partial<ShipState> = {}): ShipState {
  return {
    time,
    x: time * 0.2,
    y: 100,
    vx: 200,
    vy: 0,
    angle: 0,
    life: 1,
    energy: 100,
    thrust: false,
    shielded: false,
    surging: false,
    ...over,
  }
}

/** A minute's flight at constant speed; every packet late by up to `jitter`, and some lost. Returns what was shown. */
function fly(jitter: number, loss: number, seconds = 20) {
  const rng = createRng(9)
  const buffer = new SnapshotBuffer()
  const packets: { at: number; state: ShipState }[] = []
  for (let sent = 0; sent < seconds * 1000; sent += INTERVAL) {
    if (random(rng) >= loss) packets.push({ at: sent + LATENCY + random(rng) * jitter, state: state(sent) })
  }
  packets.sort((a, b) => a.at - b.at)
  const shown: { now: number; x: number; frozen: boolean }[] = []
  for (let now = LATENCY; now < seconds * 1000; now += 1000 / 60) {
    while (packets[0] && packets[0].at <= now) buffer.push(packets[0].state, packets.shift()!.at)
    const sample = buffer.sample(now)
    if (sample) shown.push({ now, x: sample.x, frozen: sample.frozen })
  }
  return { buffer, shown }
}

describe('what is shown of a remote ship', () => {
  it('is nothing before its first state', () => {
    expect(new SnapshotBuffer().sample(5)).toBeUndefined()
  })

  it('moves evenly on an even connection, about a tenth of a second behind what arrives', () => {
    const { buffer, shown } = fly(0, 0)
    const settled = shown.slice(120)
    for (let index = 1; index < settled.length; index++) {
      const pace = (settled[index]!.x - settled[index - 1]!.x) / (settled[index]!.now - settled[index - 1]!.now)
      expect(pace).toBeGreaterThan(0.17)
      expect(pace).toBeLessThan(0.23)
    }
    expect(buffer.delay - LATENCY).toBeGreaterThan(60)
    expect(buffer.delay - LATENCY).toBeLessThan(110)
  })

  it('waits longer where packets come unevenly, and never jumps back', () => {
    const { buffer, shown } = fly(60, 0.05)
    expect(buffer.delay - LATENCY).toBeGreaterThan(100)
    expect(buffer.delay - LATENCY).toBeLessThanOrEqual(300)
    const settled = shown.slice(120)
    const backwards = settled.filter((sample, index) => index > 0 && sample.x < settled[index - 1]!.x - 1)
    expect(backwards.length).toBeLessThan(settled.length * 0.01)
    expect(settled.some((sample) => sample.frozen)).toBe(false)
  })

  it('flies on for a moment when nothing comes, then stands still', () => {
    const { buffer, shown } = fly(0, 0, 5)
    const last = shown.at(-1)!
    const soon = buffer.sample(last.now + 150)!
    expect(soon.x).toBeGreaterThan(last.x)
    expect(soon.frozen).toBe(false)
    const late = buffer.sample(last.now + 2_000)!
    const later = buffer.sample(last.now + 3_000)!
    expect(late.frozen).toBe(true)
    expect(later.x).toBe(late.x)
    expect(late.x - last.x).toBeLessThan(80)
  })

  it('does not draw a line from a wreck to the next life', () => {
    const buffer = new SnapshotBuffer()
    buffer.push(state(0, { x: 100 }), 0)
    buffer.push(state(33, { x: 2_000, life: 2 }), 33)
    for (let now = 0; now < 200; now += 5) {
      const { x } = buffer.sample(now)!
      expect(x < 150 || x > 1_950).toBe(true)
    }
  })

  it('ignores what is late or repeated', () => {
    const buffer = new SnapshotBuffer()
    buffer.push(state(100), 100)
    buffer.push(state(66), 101)
    buffer.push(state(100, { x: 999 }), 102)
    expect(buffer.newest).toMatchObject({ time: 100, x: 20 })
  })

  it('is not held up by one who says that it is later than it is', () => {
    const buffer = new SnapshotBuffer()
    buffer.push(state(9_000_000), 1_000)
    buffer.push(state(980, { x: 3 }), 1_000)
    expect(buffer.newest!.x).toBe(3)
  })
})
