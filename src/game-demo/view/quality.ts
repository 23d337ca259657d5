// Keeps the picture fluent: fewer pixels and particles where frames take too long, more where there is time to spare.

/** 0: plain. 1: no extra pixels. 2: everything. */
export type QualityLevel = 0 | 1 | 2

/** How long it looks before it decides, ms. */
const WINDOW_MS = 2_000
/** The first frames compile shaders and upload textures. */
const WARM_UP_FRAMES = 30
/** Below about 40 frames a second players notice. */
const SLOW_MS = 25
/** A frame as long as this is a tab that was hidden, not a slow machine. */
const PAUSE_MS = 400

export class Quality {
  #level: QualityLevel
  #frames = -WARM_UP_FRAMES
  #sum = 0
  readonly #apply: (level: QualityLevel) => void

  constructor(software: boolean, apply: (level: QualityLevel) => void) {
    this.#level = software ? 0 : 2
    this.#apply = apply
    apply(this.#level)
  }

  get level(): QualityLevel {
    return this.#level
  }

  /** Only ever downwards: going up again would go up and down for ever. */
  frame(elapsedMs: number): void {
    if (elapsedMs > PAUSE_MS) return
    if (++this.#frames <= 0) return
    this.#sum += elapsedMs
    if (this.#sum < WINDOW_MS) return
    const mean = this.#sum / this.#frames
    this.#frames = 0
    this.#sum = 0
    if (mean <= SLOW_MS || this.#level === 0) return
    this.#level = this.#level === 2 ? 1 : 0
    this.#apply(this.#level)
  }
}
