// Ships: hull, glow, flame, shield and energy in the arena; the name above in screen space, so that it stays readable.

import { Container, Sprite, Text } from 'pixi.js'
import type { ShipView } from '../net/world-view.ts'
import { colourOf } from '../profile.ts'
import { SHIP_ENERGY, SHIP_RADIUS } from '../rules/constants.ts'
import type { Camera } from './camera.ts'
import { lighten, mix } from './colour.ts'
import type { Textures } from './textures.ts'

/** The hull's picture has a margin: this makes its wings as wide as the rules' circle. */
const HULL_SCALE = (SHIP_RADIUS * 2.5) / 96
const BAR_WIDTH = 34
/** What of a name is drawn before the text is made: one texture each. */
const LABEL = { fontFamily: 'system-ui, sans-serif', fontSize: 12, fontWeight: '600' } as const

class ShipSprite {
  readonly body = new Container()
  readonly light = new Container()
  readonly label: Text
  readonly #hull: Sprite
  readonly #canopy: Sprite
  readonly #glow: Sprite
  readonly #flame: Sprite
  readonly #shield: Sprite
  readonly #bar: Sprite
  readonly #barBack: Sprite
  #shownEnergy = SHIP_ENERGY

  constructor(textures: Textures) {
    this.#glow = new Sprite({ texture: textures.glow, anchor: 0.5, alpha: 0.4, scale: 0.85 })
    this.#flame = new Sprite({ texture: textures.streak, anchor: { x: 0.9, y: 0.5 } })
    this.#shield = new Sprite({ texture: textures.ring, anchor: 0.5 })
    this.light.addChild(this.#glow, this.#flame, this.#shield)
    this.#hull = new Sprite({ texture: textures.hull, anchor: 0.5, scale: HULL_SCALE })
    this.#canopy = new Sprite({ texture: textures.canopy, anchor: 0.5, scale: HULL_SCALE })
    this.#barBack = new Sprite({ texture: textures.pixel, anchor: { x: 0, y: 0.5 }, tint: 0x0a1024, alpha: 0.7 })
    this.#bar = new Sprite({ texture: textures.pixel, anchor: { x: 0, y: 0.5 } })
    this.body.addChild(this.#hull, this.#canopy, this.#barBack, this.#bar)
    this.label = new Text({ text: '', anchor: { x: 0.5, y: 1 }, style: { ...LABEL, fill: 0xffffff } })
  }

  update(ship: ShipView, camera: Camera, seconds: number, time: number): void {
    const tint = colourOf(ship.profile.colour)
    const inPicture = ship.alive && camera.sees(ship.x, ship.y, 60)
    this.body.visible = inPicture
    this.light.visible = inPicture
    this.label.visible = inPicture && !ship.self
    if (!inPicture) return
    const alpha = ship.frozen ? 0.45 : 1
    this.body.position.set(ship.x, ship.y)
    this.light.position.set(ship.x, ship.y)
    this.body.alpha = alpha
    this.light.alpha = alpha
    for (const sprite of [this.#hull, this.#canopy]) sprite.rotation = ship.angle
    this.#hull.tint = lighten(tint, 0.12)
    this.#glow.tint = tint
    this.#drawFlame(ship, tint, time)
    this.#shield.visible = ship.shielded || ship.surging
    this.#shield.tint = ship.surging ? 0xff7df2 : lighten(tint, 0.4)
    this.#shield.alpha = ship.shielded ? 0.6 + Math.sin(time * 14) * 0.3 : 0.3
    this.#shield.scale.set(((SHIP_RADIUS + 9) * 2) / 108)
    this.#drawBar(ship, seconds)
    if (!this.label.visible) return
    const name = ship.profile.bot ? `${ship.profile.name} ⚙` : ship.profile.name
    if (this.label.text !== name) this.label.text = name
    this.label.tint = lighten(tint, 0.35)
    this.label.alpha = alpha * 0.9
    this.label.position.set(Math.round(camera.screenX(ship.x)), Math.round(camera.screenY(ship.y - SHIP_RADIUS - 14)))
  }

  #drawFlame(ship: ShipView, tint: number, time: number): void {
    this.#flame.visible = ship.thrust > 0.05
    if (!this.#flame.visible) return
    const back = SHIP_RADIUS * 0.72
    this.#flame.rotation = ship.angle
    this.#flame.position.set(-Math.cos(ship.angle) * back, -Math.sin(ship.angle) * back)
    this.#flame.tint = lighten(tint, 0.35)
    this.#flame.scale.set(0.42 * ship.thrust * (0.85 + Math.sin(time * 47 + ship.id) * 0.15), 0.75)
  }

  #drawBar(ship: ShipView, seconds: number): void {
    this.#shownEnergy += (ship.energy - this.#shownEnergy) * (1 - Math.exp(-12 * seconds))
    const share = this.#shownEnergy / SHIP_ENERGY
    // A full ship needs no bar: it only appears in a fight.
    const visible = share < 0.985
    this.#bar.visible = visible
    this.#barBack.visible = visible
    if (!visible) return
    const y = SHIP_RADIUS + 12
    this.#barBack.position.set(-BAR_WIDTH / 2 - 1, y)
    this.#barBack.setSize(BAR_WIDTH + 2, 6)
    this.#bar.position.set(-BAR_WIDTH / 2, y)
    this.#bar.setSize(Math.max(0.01, BAR_WIDTH * share), 4)
    this.#bar.tint = share > 0.5 ? mix(0xffd75e, 0x6dffa8, (share - 0.5) * 2) : mix(0xff5470, 0xffd75e, share * 2)
  }

  destroy(): void {
    this.body.destroy({ children: true })
    this.light.destroy({ children: true })
    this.label.destroy()
  }
}

export class Ships {
  readonly bodies = new Container()
  readonly lights = new Container()
  readonly labels = new Container()
  readonly #textures: Textures
  readonly #sprites = new Map<number, ShipSprite>()

  constructor(textures: Textures) {
    this.#textures = textures
    this.lights.blendMode = 'add'
  }

  update(ships: readonly ShipView[], camera: Camera, seconds: number, time: number): void {
    const present = new Set<number>()
    for (const ship of ships) {
      present.add(ship.id)
      this.#spriteOf(ship.id).update(ship, camera, seconds, time)
    }
    for (const [id, sprite] of this.#sprites) {
      if (present.has(id)) continue
      sprite.destroy()
      this.#sprites.delete(id)
    }
  }

  #spriteOf(id: number): ShipSprite {
    let sprite = this.#sprites.get(id)
    if (!sprite) {
      sprite = new ShipSprite(this.#textures)
      this.#sprites.set(id, sprite)
      this.bodies.addChild(sprite.body)
      this.lights.addChild(sprite.light)
      this.labels.addChild(sprite.label)
    }
    return sprite
  }
}
