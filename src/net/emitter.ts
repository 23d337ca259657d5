// Typed events. Own code because a listener that throws must neither stop the other listeners nor reach the driver's
// callback beneath (in Node that would abort the process), which none of the small emitter packages guards against.

// biome-ignore lint/suspicious/noExplicitAny: the bound of "a function with any parameters"
type Listener = (...args: any[]) => void

/** Removes the listener that was added. Calling it again does nothing. */
export type Off = () => void

/** An object with events. `Events` maps each event's name to its listener's type. */
export class Emitter<Events extends Record<keyof Events, Listener>> {
  readonly #listeners = new Map<keyof Events, readonly Listener[]>()

  /** Calls `listener` at every `event`, until the returned function is called. */
  on<Name extends keyof Events>(event: Name, listener: Events[Name]): Off {
    // Copied on write, so that an `emit` under way is not disturbed.
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
    let active = true
    return () => {
      if (!active) return
      active = false
      this.#remove(event, listener)
    }
  }

  /** Calls `listener` at the next `event` only. */
  once<Name extends keyof Events>(event: Name, listener: Events[Name]): Off {
    let off: Off | undefined
    const single = ((...args: Parameters<Events[Name]>) => {
      // A subclass's `on` may deliver what waits before it has returned.
      if (off) off()
      else this.#remove(event, single)
      listener(...args)
    }) as Events[Name]
    off = this.on(event, single)
    return off
  }

  /** How many listeners `event` has. */
  listenerCount(event: keyof Events): number {
    return this.#listeners.get(event)?.length ?? 0
  }

  /** Calls the listeners in the order in which they were added. What one throws becomes an unhandled rejection. */
  protected emit<Name extends keyof Events>(event: Name, ...args: Parameters<Events[Name]>): void {
    const listeners = this.#listeners.get(event)
    if (!listeners) return
    for (let i = 0; i < listeners.length; i++) {
      try {
        listeners[i]!(...args)
      } catch (error) {
        reportUncaught(error)
      }
    }
  }

  #remove(event: keyof Events, listener: Listener): void {
    const rest = [...(this.#listeners.get(event) ?? [])]
    const index = rest.indexOf(listener)
    if (index < 0) return
    rest.splice(index, 1)
    this.#listeners.set(event, rest)
  }
}

/** Makes an error as visible as an uncaught exception, without unwinding the caller. */
export function reportUncaught(error: unknown): void {
  void Promise.reject(error)
}
