// What the user is to be told: in order, and when nothing of ours is half done, because a listener may send or close.

import { reportUncaught } from '../emitter.ts'

export class News {
  #waiting: (() => void)[] = []

  add(tell: () => void): void {
    this.#waiting.push(tell)
  }

  /** What a listener throws becomes an unhandled rejection, as with events. */
  tell(): void {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      for (const tell of waiting) {
        try {
          tell()
        } catch (error) {
          reportUncaught(error)
        }
      }
    }
  }
}
