// Stars in three depths, and a few nebulae far behind. Sprites that wrap around the screen: that costs a few pixels
// each, where a full-screen layer of stars would cost them all.

import { Container, Sprite } from 'pixi.js'
import { createRng, random, randomBetween } from '../rules/rng.ts'
import type { Camera } from './camera.ts'
import type { Textures } from './textures.ts'

interface Star {
  readonly sprite: Sprite
  /** Place in a square of side SPAN that repeats. */
  readonly x: number
  readonly y: number
  /** 0: fixed to the screen; 1: moves like the arena. */
  readonly depth: number
}

const STARS = 230
const NEBULA_TINTS = [0x1c2f78, 0x48206b, 0x0d4a5e, 0x2a1d66]

export class Starfield {
  readonly container = new Container()
  readonly #stars: Star[] = []
  readonly #nebulae: Star[] = []
  readonly #nebulaLayer = new Container()

  constructor(textures: Textures) {
    const rng = createRng(7)
    this.#nebulaLayer.blendMode = 'add'
    for (const tint of NEBULA_TINTS) {
      const sprite = new Sprite({ texture: textures.mist, anchor: 0.5, tint, alpha: 0.7 })
      sprite.scale.set(randomBetween(rng, 7, 11))
      this.#nebulae.push({ sprite, x: random(rng), y: random(rng), depth: randomBetween(rng, 0.05, 0.1) })
      this.#nebulaLayer.addChild(sprite)
    }
    const starLayer = new Container()
    for (let count = 0; count < STARS; count++) {
      const near = random(rng)
      const depth = near < 0.6 ? 0.12 : near < 0.9 ? 0.25 : 0.45
      const tint = [0xffffff, 0xbfd4ff, 0xffe3c2, 0xd9c8ff][Math.floor(random(rng) * 4)]!
      const sprite = new Sprite({ texture: textures.dot, anchor: 0.5, tint })
      sprite.alpha = randomBetween(rng, 0.25, 0.6) + depth * 0.6
      sprite.scale.set((0.07 + depth * 0.28) * randomBetween(rng, 0.8, 1.5))
      this.#stars.push({ sprite, x: random(rng), y: random(rng), depth })
      starLayer.addChild(sprite)
    }
    this.container.addChild(this.#nebulaLayer, starLayer)
  }

  /** Nebulae cover the whole screen: too much for a processor that draws by itself. */
  set nebulae(visible: boolean) {
    this.#nebulaLayer.visible = visible
  }

  update(camera: Camera): void {
    for (const star of this.#stars) place(star, camera, 40)
    if (this.#nebulaLayer.visible) for (const star of this.#nebulae) place(star, camera, 600)
  }
}

function place({ sprite, x, y, depth }: Star, camera: Camera, margin: number): void {
  const spanX = camera.width + margin * 2
  const spanY = camera.height + margin * 2
  sprite.x = wrap(x * spanX - camera.x * depth * camera.zoom, spanX) - margin
  sprite.y = wrap(y * spanY - camera.y * depth * camera.zoom, spanY) - margin
}

function wrap(value: number, span: number): number {
  return value - Math.floor(value / span) * span
}
