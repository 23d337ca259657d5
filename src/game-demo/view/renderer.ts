// The picture: layers from the stars to the names, drawn from a WorldView once per frame. Decides nothing in the game.

import 'pixi.js/unsafe-eval' // Shaders without `new Function`: the page works under a strict content security policy.
import { autoDetectRenderer, Container, type Renderer } from 'pixi.js'
import type { GameEvent } from '../net/events.ts'
import type { WorldView } from '../net/world-view.ts'
import { colourOf } from '../profile.ts'
import { OrbKind } from '../rules/arena.ts'
import { clamp } from '../rules/geometry.ts'
import { createRng, random } from '../rules/rng.ts'
import { Camera } from './camera.ts'
import { lighten } from './colour.ts'
import { type EffectsContext, ORB_TINTS, showEvent, showExhaust } from './effects.ts'
import { createFloor } from './floor.ts'
import { Particles } from './particles.ts'
import { Quality } from './quality.ts'
import { Ships } from './ships.ts'
import { isWebGLSlow } from './software.ts'
import { SpritePool } from './sprite-pool.ts'
import { Starfield } from './starfield.ts'
import { createTextures, type Textures } from './textures.ts'

/** Distance of the arrows from the screen's edge, px. */
const EDGE = 26

export class GameRenderer {
  readonly camera = new Camera()
  readonly #renderer: Renderer
  readonly #stage = new Container()
  readonly #world = new Container()
  readonly #textures: Textures
  readonly #starfield: Starfield
  readonly #particles = new Particles()
  readonly #ships: Ships
  readonly #glows: SpritePool
  readonly #gems: SpritePool
  readonly #shots: SpritePool
  readonly #arrows: SpritePool
  readonly #quality: Quality
  readonly #effects: EffectsContext
  readonly #rng = createRng(1)
  #time = 0
  #tints: ReadonlyMap<number, number> = new Map()

  /** @throws when the browser gives neither WebGL nor a 2D canvas. */
  static async create(canvas: HTMLCanvasElement, selfId: number): Promise<GameRenderer> {
    const slow = isWebGLSlow()
    const renderer = await autoDetectRenderer({
      canvas,
      preference: slow ? ['canvas'] : ['webgl', 'canvas'],
      background: 0x050816,
      antialias: false,
      autoDensity: true,
      resolution: Math.min(2, window.devicePixelRatio || 1),
      eventMode: 'none',
      accessibilityOptions: { activateOnTab: false },
    })
    return new GameRenderer(renderer, selfId, slow)
  }

  private constructor(renderer: Renderer, selfId: number, slow: boolean) {
    this.#renderer = renderer
    this.#textures = createTextures()
    const textures = this.#textures
    this.#starfield = new Starfield(textures)
    this.#ships = new Ships(textures)
    this.#glows = new SpritePool(textures.glow, 'add')
    this.#gems = new SpritePool(textures.gem)
    this.#shots = new SpritePool(textures.streak, 'add')
    this.#arrows = new SpritePool(textures.arrow)
    // Additive layers side by side: they share draw calls.
    this.#world.addChild(
      createFloor(),
      this.#glows.container,
      this.#particles.container,
      this.#ships.lights,
      this.#shots.container,
      this.#gems.container,
      this.#ships.bodies,
    )
    this.#stage.addChild(this.#starfield.container, this.#world, this.#arrows.container, this.#ships.labels)
    this.#quality = new Quality(slow, (level) => this.#applyQuality(level))
    this.#effects = {
      particles: this.#particles,
      camera: this.camera,
      textures,
      tintOf: (id) => this.#tints.get(id) ?? 0xffffff,
      selfId,
      random: () => random(this.#rng),
      reducedMotion: window.matchMedia('(prefers-reduced-motion: reduce)').matches,
    }
  }

  resize(width: number, height: number): void {
    this.#renderer.resize(width, height)
    this.camera.resize(width, height)
  }

  /** Shows something that happened. */
  show(event: GameEvent): void {
    showEvent(event, this.#effects)
  }

  render(view: WorldView, elapsedMs: number): void {
    const seconds = clamp(elapsedMs / 1000, 0, 0.1)
    this.#time += seconds
    this.#quality.frame(elapsedMs)
    this.#tints = new Map(view.ships.map((ship) => [ship.id, colourOf(ship.profile.colour)]))
    const { camera } = this
    const { self } = view
    camera.follow(self.x, self.y, self.vx, self.vy, self.life, seconds)
    camera.tremble(this.#effects.random)
    this.#world.scale.set(camera.zoom)
    this.#world.position.set(camera.screenX(0), camera.screenY(0))
    this.#starfield.update(camera)
    for (const ship of view.ships) {
      if (ship.alive && camera.sees(ship.x, ship.y, 60)) {
        showExhaust(ship, this.#effects.tintOf(ship.id), seconds, this.#effects)
      }
    }
    this.#particles.update(seconds)
    this.#drawOrbs(view)
    this.#drawShots(view)
    this.#ships.update(view.ships, camera, seconds, this.#time)
    this.#drawArrows(view)
    this.#renderer.render(this.#stage)
  }

  destroy(): void {
    this.#stage.destroy({ children: true })
    this.#renderer.destroy()
  }

  #drawOrbs({ orbs }: WorldView): void {
    this.#glows.begin()
    this.#gems.begin()
    for (const orb of orbs) {
      if (!this.camera.sees(orb.x, orb.y, 60)) continue
      const pulse = Math.sin(this.#time * 3.2 + orb.id * 1.7)
      const tint = ORB_TINTS[orb.kind]
      const size = orb.kind === OrbKind.Spark ? 0.8 : 1.2
      const y = orb.y + Math.sin(this.#time * 1.6 + orb.id) * 3
      const glow = this.#glows.take()
      glow.position.set(orb.x, y)
      glow.tint = tint
      glow.alpha = 0.42 + pulse * 0.16
      glow.scale.set((0.62 + pulse * 0.07) * size)
      const gem = this.#gems.take()
      gem.position.set(orb.x, y)
      gem.tint = lighten(tint, 0.15)
      // Narrowing and widening looks like turning round its upright axis.
      gem.scale.set(0.3 * size * (0.55 + 0.45 * Math.abs(Math.cos(this.#time * 1.4 + orb.id))), 0.34 * size)
    }
    this.#glows.end()
    this.#gems.end()
  }

  #drawShots({ shots }: WorldView): void {
    this.#shots.begin()
    for (const shot of shots) {
      if (!this.camera.sees(shot.x, shot.y, 40)) continue
      const sprite = this.#shots.take()
      sprite.position.set(shot.x, shot.y)
      sprite.rotation = Math.atan2(shot.vy, shot.vx)
      sprite.tint = lighten(this.#effects.tintOf(shot.owner), 0.3)
      sprite.scale.set(0.55, 0.95)
      sprite.alpha = Math.min(1, shot.life * 6)
    }
    this.#shots.end()
  }

  /** At the screen's edge, towards ships that are not in the picture. */
  #drawArrows({ self, ships }: WorldView): void {
    const { camera } = this
    this.#arrows.begin()
    for (const ship of ships) {
      if (ship.self || !ship.alive || camera.sees(ship.x, ship.y, 0)) continue
      const dx = camera.screenX(ship.x) - camera.width / 2
      const dy = camera.screenY(ship.y) - camera.height / 2
      const reach = Math.min(
        (camera.width / 2 - EDGE) / Math.max(1e-6, Math.abs(dx)),
        (camera.height / 2 - EDGE) / Math.max(1e-6, Math.abs(dy)),
      )
      const arrow = this.#arrows.take()
      arrow.position.set(camera.width / 2 + dx * reach, camera.height / 2 + dy * reach)
      arrow.rotation = Math.atan2(dy, dx)
      arrow.tint = this.#effects.tintOf(ship.id)
      const distance = Math.hypot(ship.x - self.x, ship.y - self.y)
      arrow.alpha = clamp(1.1 - distance / 2200, 0.3, 0.85)
      arrow.scale.set(clamp(1 - distance / 4000, 0.5, 0.8))
    }
    this.#arrows.end()
  }

  #applyQuality(level: number): void {
    const full = Math.min(2, window.devicePixelRatio || 1)
    this.#renderer.resolution = [1, 1, full][level] ?? 1
    this.#renderer.resize(this.camera.width, this.camera.height)
    this.#particles.density = [0.35, 0.6, 1][level] ?? 1
    this.#starfield.nebulae = level > 0
  }
}
