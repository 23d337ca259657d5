// Sprites that are used anew each frame: no garbage while it plays.

import { Container, Sprite, type Texture } from 'pixi.js'

export class SpritePool {
  readonly container = new Container()
  readonly #texture: Texture
  #used = 0

  constructor(texture: Texture, blend: 'add' | 'normal' = 'normal') {
    this.#texture = texture
    this.container.blendMode = blend
  }

  /** To be called before the first `take` of a frame. */
  begin(): void {
    this.#used = 0
  }

  take(): Sprite {
    let sprite = this.container.children[this.#used] as Sprite | undefined
    if (!sprite) {
      sprite = new Sprite({ texture: this.#texture, anchor: 0.5 })
      this.container.addChild(sprite)
    }
    this.#used++
    sprite.visible = true
    return sprite
  }

  /** Hides what was not taken. */
  end(): void {
    const { children } = this.container
    for (let index = this.#used; index < children.length; index++) children[index]!.visible = false
  }
}
