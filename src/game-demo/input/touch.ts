// Thumbs: the left one drags a stick (where to, and how hard), the right one holds the fire button.

import { element } from '../ui/dom.ts'

/** Full deflection, px. */
const REACH = 52
/** Turning begins at once, thrust only beyond this share: so that one can aim without flying. */
const THRUST_FROM = 0.45
const DEAD_ZONE = 0.16

export class Touch {
  readonly #stick = element('stick', HTMLElement)
  readonly #knob = element('knob', HTMLElement)
  #aim: number | undefined
  #thrust = 0
  #fire = false

  constructor(signal: AbortSignal) {
    const showTouch = (event: PointerEvent) => {
      if (event.pointerType === 'touch') document.body.dataset.touch = ''
    }
    window.addEventListener('pointerdown', showTouch, { signal, capture: true })
    if (window.matchMedia('(hover: none) and (pointer: coarse)').matches) document.body.dataset.touch = ''
    this.#listenStick(element('stick-zone', HTMLElement), signal)
    this.#listenFire(element('fire-zone', HTMLElement), element('fire', HTMLElement), signal)
  }

  get aim(): number | undefined {
    return this.#aim
  }

  get thrust(): number {
    return this.#thrust
  }

  get fire(): boolean {
    return this.#fire
  }

  #listenStick(zone: HTMLElement, signal: AbortSignal): void {
    let pointer: number | undefined
    let originX = 0
    let originY = 0
    zone.addEventListener(
      'pointerdown',
      (event) => {
        if (pointer !== undefined) return
        pointer = event.pointerId
        zone.setPointerCapture(pointer)
        // The stick comes to the thumb.
        originX = event.clientX
        originY = event.clientY
        const area = zone.getBoundingClientRect()
        const half = this.#stick.offsetWidth / 2
        this.#stick.style.left = `${originX - area.left - half}px`
        this.#stick.style.bottom = `${area.bottom - originY - half}px`
      },
      { signal },
    )
    zone.addEventListener(
      'pointermove',
      (event) => {
        if (event.pointerId !== pointer) return
        const dx = event.clientX - originX
        const dy = event.clientY - originY
        const distance = Math.hypot(dx, dy)
        const share = Math.min(1, distance / REACH)
        const scale = distance > REACH ? REACH / distance : 1
        this.#knob.style.transform = `translate(${dx * scale}px, ${dy * scale}px)`
        this.#aim = share > DEAD_ZONE ? Math.atan2(dy, dx) : undefined
        this.#thrust = share > THRUST_FROM ? (share - THRUST_FROM) / (1 - THRUST_FROM) : 0
      },
      { signal },
    )
    const release = (event: PointerEvent) => {
      if (event.pointerId !== pointer) return
      pointer = undefined
      this.#aim = undefined
      this.#thrust = 0
      for (const property of ['left', 'bottom']) this.#stick.style.removeProperty(property)
      this.#knob.style.removeProperty('transform')
    }
    zone.addEventListener('pointerup', release, { signal })
    zone.addEventListener('pointercancel', release, { signal })
  }

  #listenFire(zone: HTMLElement, button: HTMLElement, signal: AbortSignal): void {
    const pointers = new Set<number>()
    const update = () => {
      this.#fire = pointers.size > 0
      button.toggleAttribute('data-pressed', this.#fire)
    }
    zone.addEventListener(
      'pointerdown',
      (event) => {
        zone.setPointerCapture(event.pointerId)
        pointers.add(event.pointerId)
        update()
      },
      { signal },
    )
    const release = (event: PointerEvent) => {
      pointers.delete(event.pointerId)
      update()
    }
    zone.addEventListener('pointerup', release, { signal })
    zone.addEventListener('pointercancel', release, { signal })
  }
}
