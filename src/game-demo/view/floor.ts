// What never moves: the grid, the wall and the rocks. Drawn once.

import { Container, Graphics, Sprite } from 'pixi.js'
import { ARENA_HEIGHT, ARENA_WIDTH, ROCKS } from '../rules/constants.ts'
import { createRockTexture } from './rock-texture.ts'

const CELL = 100

export function createFloor(): Container {
  const floor = new Container()
  const grid = new Graphics()
  for (let x = CELL; x < ARENA_WIDTH; x += CELL) grid.moveTo(x, 0).lineTo(x, ARENA_HEIGHT)
  for (let y = CELL; y < ARENA_HEIGHT; y += CELL) grid.moveTo(0, y).lineTo(ARENA_WIDTH, y)
  grid.stroke({ width: 1.5, color: 0x6f8cff, alpha: 0.09 })
  const wall = new Graphics()
  for (const [width, alpha] of [
    [30, 0.05],
    [16, 0.09],
    [8, 0.18],
    [3, 0.95],
  ] as const) {
    wall.roundRect(0, 0, ARENA_WIDTH, ARENA_HEIGHT, 10).stroke({ width, color: 0x5f7dff, alpha })
  }
  floor.addChild(grid, wall)
  ROCKS.forEach(({ x, y, radius }, index) => {
    const { texture, scale } = createRockTexture({ x, y, radius }, index + 40)
    floor.addChild(new Sprite({ texture, anchor: 0.5, scale, x, y }))
  })
  return floor
}
