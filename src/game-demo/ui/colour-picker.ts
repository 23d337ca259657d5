// A row of colours to choose one of; a radio group for keyboards and assistive tools.

import { COLOURS, cssColour } from '../profile.ts'

export class ColourPicker {
  readonly #buttons: HTMLButtonElement[]
  readonly #onChange: (colour: number) => void
  #value = 0

  constructor(root: HTMLElement, onChange: (colour: number) => void = () => {}) {
    this.#onChange = onChange
    root.classList.add('swatches')
    this.#buttons = COLOURS.map((_, index) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'swatch'
      button.setAttribute('role', 'radio')
      button.setAttribute('aria-label', `Colour ${index + 1}`)
      button.style.setProperty('--colour', cssColour(index))
      button.addEventListener('click', () => {
        this.value = index
      })
      button.addEventListener('keydown', (event) => this.#onKey(event))
      return button
    })
    root.replaceChildren(...this.#buttons)
    this.value = 0
  }

  get value(): number {
    return this.#value
  }

  set value(colour: number) {
    this.#value = colour
    this.#buttons.forEach((button, index) => {
      button.setAttribute('aria-checked', String(index === colour))
      button.tabIndex = index === colour ? 0 : -1
    })
    this.#onChange(colour)
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    this.value = (this.#value + step + COLOURS.length) % COLOURS.length
    this.#buttons[this.#value]?.focus()
  }
}
