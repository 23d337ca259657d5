// Sparks, smoke and shock waves. A fixed number of them: when all are in use the oldest is taken.

import { Container, Sprite, type Texture } from 'pixi.js'

export interface ParticleOptions {
  readonly texture: Texture
  readonly x: number
  readonly y: number
  readonly vx?: number
  readonly vy?: number
  /** Seconds. */
  readonly life: number
  /** Width in units, at its beginning and end. */
  readonly from: number
  readonly to: number
  readonly tint: number
  readonly alpha?: number
  /** Stretches it along its way. */
  readonly stretch?: number
  /** Share of the speed that is lost in a second. */
  readonly drag?: number
}

interface Particle {
  readonly sprite: Sprite
  vx: number
  vy: number
  left: number
  life: number
  from: number
  to: number
  alpha: number
  stretch: number
  drag: number
}

const CAPACITY = 420

export class Particles {
  readonly container = new Container()
  readonly #particles: Particle[] = []
  #next = 0
  /** 0 to 1: the share of particles that is really shown. */
  density = 1

  constructor() {
    this.container.blendMode = 'add'
  }

  emit(options: ParticleOptions): void {
    const particle = this.#take()
    const { sprite } = particle
    const { vx = 0, vy = 0, alpha = 1, stretch = 1, drag = 0 } = options
    Object.assign(particle, { vx, vy, alpha, stretch, drag, from: options.from, to: options.to })
    particle.left = options.life
    particle.life = options.life
    sprite.texture = options.texture
    sprite.position.set(options.x, options.y)
    sprite.tint = options.tint
    sprite.rotation = stretch === 1 ? 0 : Math.atan2(vy, vx)
    sprite.visible = true
    shape(particle)
  }

  update(seconds: number): void {
    for (const particle of this.#particles) {
      if (particle.left <= 0) continue
      particle.left -= seconds
      const { sprite } = particle
      if (particle.left <= 0) {
        sprite.visible = false
        continue
      }
      const keep = Math.exp(-particle.drag * seconds)
      particle.vx *= keep
      particle.vy *= keep
      sprite.x += particle.vx * seconds
      sprite.y += particle.vy * seconds
      shape(particle)
    }
  }

  #take(): Particle {
    const particle = this.#particles[this.#next]
    this.#next = (this.#next + 1) % CAPACITY
    if (particle) return particle
    const sprite = new Sprite({ anchor: 0.5 })
    this.container.addChild(sprite)
    const fresh = { sprite, vx: 0, vy: 0, left: 0, life: 1, from: 1, to: 1, alpha: 1, stretch: 1, drag: 0 }
    this.#particles.push(fresh)
    return fresh
  }
}

function shape({ sprite, left, life, from, to, alpha, stretch }: Particle): void {
  const age = 1 - left / life
  // Fast at first: an explosion has no slow beginning.
  const grown = 1 - (1 - age) * (1 - age)
  const size = (from + (to - from) * grown) / sprite.texture.width
  sprite.scale.set(size * stretch, size)
  sprite.alpha = alpha * (1 - age)
}
