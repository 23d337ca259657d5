// The chat: its lines, and the field to write one.

import { cssColour, type Profile } from '../profile.ts'
import { create, element } from './dom.ts'

/** Lines kept in the page. */
const LINES_MAX = 100
/** How long a line stays in view while the chat is closed, ms. */
const FRESH_MS = 9_000

export class Chat {
  readonly #root = element('chat', HTMLElement)
  readonly #log = element('chat-log', HTMLElement)
  readonly #text = element('chat-text', HTMLInputElement)

  constructor(say: (text: string) => boolean, signal: AbortSignal) {
    this.#log.replaceChildren()
    this.#text.value = ''
    element('chat-form', HTMLFormElement).addEventListener(
      'submit',
      (event) => {
        event.preventDefault()
        // What was not sent (too much at once) stays to be sent again; an empty line closes.
        if (this.#text.value.trim() !== '' && !say(this.#text.value)) return
        this.#text.value = ''
        this.open = false
      },
      { signal },
    )
    this.#text.addEventListener('keydown', (event) => event.key === 'Escape' && this.#close(), { signal })
    this.#text.addEventListener('blur', () => this.#text.value === '' && this.#close(), { signal })
  }

  get open(): boolean {
    return this.#root.hasAttribute('data-open')
  }

  set open(open: boolean) {
    if (!open) {
      this.#close()
      return
    }
    this.#root.dataset.open = ''
    this.#log.scrollTop = this.#log.scrollHeight
    this.#text.focus()
  }

  add(from: number, profile: Profile | undefined, text: string): void {
    const line = create('li')
    line.dataset.from = String(from)
    const name = create('b', profile?.name ?? `Pilot ${from}`)
    name.style.setProperty('--colour', cssColour(profile?.colour ?? 0))
    const words = create('span', text)
    line.append(name, ' ', words)
    this.#log.append(line)
    while (this.#log.childElementCount > LINES_MAX) this.#log.firstElementChild?.remove()
    this.#log.scrollTop = this.#log.scrollHeight
    setTimeout(() => {
      line.dataset.old = ''
    }, FRESH_MS)
  }

  #close(): void {
    delete this.#root.dataset.open
    this.#log.scrollTop = this.#log.scrollHeight
    if (document.activeElement === this.#text) this.#text.blur()
  }
}
