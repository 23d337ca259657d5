// The lobby: who you are, and which room. Says what was chosen; joining is main.ts's.

import { cssColour, type Profile } from '../profile.ts'
import { cleanText, NAME_LENGTH } from '../text.ts'
import { ColourPicker } from './colour-picker.ts'
import { element } from './dom.ts'
import { roomInText } from './place.ts'

export interface LobbyActions {
  /** `code` undefined: a new room. */
  readonly play: (code: string | undefined) => void
}

export class Lobby {
  readonly #name = element('name', HTMLInputElement)
  readonly #code = element('code', HTMLInputElement)
  readonly #arena = element('play-arena', HTMLButtonElement)
  readonly #create = element('create', HTMLButtonElement)
  readonly #picker: ColourPicker
  readonly #fallbackName: string

  constructor(profile: Profile, actions: LobbyActions) {
    this.#fallbackName = profile.name
    this.#name.value = profile.name
    this.#picker = new ColourPicker(element('colours', HTMLElement), (colour) => {
      document.body.style.setProperty('--player', cssColour(colour))
    })
    this.#picker.value = profile.colour
    element('lobby-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      // Enter in the name means the button that stands out.
      actions.play(this.#arena.hidden ? undefined : this.#arena.dataset.code)
    })
    this.#create.addEventListener('click', (event) => {
      event.preventDefault()
      actions.play(undefined)
    })
    this.#arena.addEventListener('click', () => actions.play(this.#arena.dataset.code))
    element('join-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      const code = roomInText(this.#code.value)
      if (code === undefined) this.#code.focus()
      else actions.play(code)
    })
    // Both hold something already: what is typed replaces it.
    for (const input of [this.#name, this.#code]) input.addEventListener('focus', () => input.select())
    this.offerArena(undefined)
  }

  get profile(): Profile {
    const name = cleanText(this.#name.value, NAME_LENGTH) || this.#fallbackName
    return { name, colour: this.#picker.value, bot: false }
  }

  set profile({ name, colour }: Profile) {
    this.#name.value = name
    this.#picker.value = colour
  }

  set code(code: string) {
    this.#code.value = code
  }

  /** Shows the way into the public arena, if there is one. */
  offerArena(code: string | undefined): void {
    this.#arena.hidden = code === undefined
    this.#create.classList.toggle('primary', code === undefined)
    if (code !== undefined) this.#arena.dataset.code = code
  }
}
