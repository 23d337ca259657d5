// All ways to steer, merged into one ShipInput: whichever was used last turns the ship; any of them thrusts and fires.

import type { ShipInput } from '../rules/ship.ts'
import { Keyboard } from './keyboard.ts'
import { Mouse } from './mouse.ts'
import { Touch } from './touch.ts'

export interface ControlsOptions {
  readonly canvas: HTMLCanvasElement
  /** Where the own ship is on the screen, CSS px. */
  readonly shipOnScreen: () => { readonly x: number; readonly y: number }
}

export class Controls {
  readonly #keyboard: Keyboard
  readonly #mouse: Mouse
  readonly #touch: Touch
  readonly #shipOnScreen: ControlsOptions['shipOnScreen']
  readonly #abort = new AbortController()

  constructor({ canvas, shipOnScreen }: ControlsOptions) {
    const { signal } = this.#abort
    this.#shipOnScreen = shipOnScreen
    this.#mouse = new Mouse(canvas, signal)
    // Who turns with keys does not want the ship to look at a forgotten pointer.
    this.#keyboard = new Keyboard(signal, () => this.#mouse.rest())
    this.#touch = new Touch(signal)
  }

  read(): ShipInput {
    const thrust = Math.max(this.#keyboard.thrust, this.#mouse.thrust, this.#touch.thrust)
    const fire = this.#keyboard.fire || this.#mouse.fire || this.#touch.fire
    const aim = this.#touch.aim ?? this.#mouse.aimFrom(this.#shipOnScreen())
    return { turn: this.#keyboard.turn, thrust, fire, aim }
  }

  dispose(): void {
    this.#abort.abort()
  }
}
