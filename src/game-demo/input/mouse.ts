// The ship looks at the pointer; the left button fires, the right one thrusts.

/** Nearer to the ship than this the pointer gives no direction, px. */
const DEAD_ZONE = 12

export class Mouse {
  #x = 0
  #y = 0
  #active = false
  #fire = false
  #thrust = false

  constructor(canvas: HTMLCanvasElement, signal: AbortSignal) {
    const isMouse = (event: PointerEvent) => event.pointerType === 'mouse'
    window.addEventListener(
      'pointermove',
      (event) => {
        if (!isMouse(event)) return
        // Hands on the keys nudge a mouse by a pixel now and then.
        if (!this.#active && Math.hypot(event.movementX, event.movementY) < 4) return
        this.#x = event.clientX
        this.#y = event.clientY
        this.#active = true
      },
      { signal },
    )
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        if (!isMouse(event)) return
        // Buttons and fields give the keyboard back.
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
        this.#x = event.clientX
        this.#y = event.clientY
        this.#active = true
        this.#buttons(event.buttons)
        canvas.setPointerCapture(event.pointerId)
      },
      { signal },
    )
    canvas.addEventListener('pointerup', (event) => isMouse(event) && this.#buttons(event.buttons), { signal })
    // A second button pressed while one is down comes as a move.
    canvas.addEventListener(
      'pointermove',
      (event) => isMouse(event) && canvas.hasPointerCapture(event.pointerId) && this.#buttons(event.buttons),
      { signal },
    )
    canvas.addEventListener('pointercancel', () => this.#buttons(0), { signal })
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
    window.addEventListener('blur', () => this.#buttons(0), { signal })
  }

  /** The ship no longer looks at the pointer, until that moves. */
  rest(): void {
    this.#active = false
  }

  get fire(): boolean {
    return this.#fire
  }

  get thrust(): number {
    return this.#thrust ? 1 : 0
  }

  aimFrom(ship: { readonly x: number; readonly y: number }): number | undefined {
    const dx = this.#x - ship.x
    const dy = this.#y - ship.y
    return this.#active && Math.hypot(dx, dy) > DEAD_ZONE ? Math.atan2(dy, dx) : undefined
  }

  #buttons(buttons: number): void {
    this.#fire = (buttons & 1) !== 0
    this.#thrust = (buttons & 2) !== 0
  }
}
