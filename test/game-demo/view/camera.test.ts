import { describe, expect, it } from 'vitest'
import { ARENA_WIDTH } from '../../../src/game-demo/rules/constants.ts'
import { Camera } from '../../../src/game-demo/view/camera.ts'

function camera(width: number, height: number): Camera {
  const made = new Camera()
  made.resize(width, height)
  return made
}

describe('Camera', () => {
  it('has the ship in the picture at once, on a phone and on a screen', () => {
    for (const [width, height] of [
      [360, 740],
      [1440, 900],
    ] as const) {
      const view = camera(width, height)
      view.follow(1_000, 600, 100, 0, 1, 0)
      expect(view.screenX(1_000)).toBeGreaterThan(0)
      expect(view.screenX(1_000)).toBeLessThan(width)
      expect(view.screenY(600)).toBeCloseTo(height / 2)
    }
  })

  it('shows only a little of what lies beyond the wall', () => {
    const view = camera(1_440, 900)
    view.follow(ARENA_WIDTH, 800, 0, 0, 1, 0)
    expect(view.screenX(ARENA_WIDTH)).toBeGreaterThan(1_440 * 0.7)
  })

  it('keeps the ship clear of the thumbs', () => {
    const view = camera(360, 740)
    view.covered = 140
    view.follow(1_000, 600, 0, 0, 1, 0)
    expect(view.screenY(600)).toBeCloseTo(300)
  })

  it('calms down after a shake', () => {
    const view = camera(1_440, 900)
    view.follow(1_000, 600, 0, 0, 1, 0)
    const still = view.screenX(1_000)
    view.shake(12)
    view.tremble(() => 1)
    expect(view.screenX(1_000)).not.toBe(still)
    for (let frame = 0; frame < 120; frame++) view.follow(1_000, 600, 0, 0, 1, 1 / 60)
    view.tremble(() => 1)
    expect(view.screenX(1_000)).toBeCloseTo(still, 1)
  })
})
