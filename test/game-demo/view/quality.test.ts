import { describe, expect, it } from 'vitest'
import { Quality } from '../../../src/game-demo/view/quality.ts'

function run(quality: Quality, seconds: number, frameMs: number): void {
  for (let time = 0; time < seconds * 1000; time += frameMs) quality.frame(frameMs)
}

describe('Quality', () => {
  it('stays full where frames are short, and ignores pauses', () => {
    const quality = new Quality(false, () => {})
    run(quality, 20, 17)
    quality.frame(5_000)
    run(quality, 20, 17)
    expect(quality.level).toBe(2)
  })

  it('goes down step by step where frames are long, and not below the plainest', () => {
    const levels: number[] = []
    const quality = new Quality(false, (level) => levels.push(level))
    run(quality, 20, 60)
    expect(levels).toEqual([2, 1, 0])
  })

  it('begins plain where the processor draws', () => {
    expect(new Quality(true, () => {}).level).toBe(0)
  })
})
