// WASD or arrows, and space. By `code`: the place of the key counts, not what is printed on it.

const LEFT = ['KeyA', 'ArrowLeft']
const RIGHT = ['KeyD', 'ArrowRight']
const THRUST = ['KeyW', 'ArrowUp']
const FIRE = ['Space', 'ControlRight']
const GAME_KEYS = new Set([...LEFT, ...RIGHT, ...THRUST, ...FIRE, 'KeyS', 'ArrowDown'])

/** Whether the keyboard belongs to a text field or a button right now. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event
  if (target instanceof HTMLButtonElement) return event.code === 'Space' || event.code === 'Enter'
  return target instanceof HTMLInputElement && target.type !== 'checkbox'
}

export class Keyboard {
  readonly #down = new Set<string>()

  constructor(signal: AbortSignal, onTurn: () => void) {
    window.addEventListener(
      'keydown',
      (event) => {
        if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !GAME_KEYS.has(event.code)) return
        event.preventDefault()
        this.#down.add(event.code)
        if (LEFT.includes(event.code) || RIGHT.includes(event.code)) onTurn()
      },
      { signal },
    )
    window.addEventListener('keyup', (event) => this.#down.delete(event.code), { signal })
    // A key that is released elsewhere is never reported here.
    window.addEventListener('blur', () => this.#down.clear(), { signal })
    document.addEventListener('focusin', (event) => event.target instanceof HTMLInputElement && this.#down.clear(), {
      signal,
    })
  }

  get turn(): number {
    return (this.#any(RIGHT) ? 1 : 0) - (this.#any(LEFT) ? 1 : 0)
  }

  get thrust(): number {
    return this.#any(THRUST) ? 1 : 0
  }

  get fire(): boolean {
    return this.#any(FIRE)
  }

  #any(codes: readonly string[]): boolean {
    return codes.some((code) => this.#down.has(code))
  }
}
