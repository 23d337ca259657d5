// What a benchmark reports.

export interface Figure {
  readonly name: string
  readonly unit: string
  /** `undefined` when there is nothing to compare with. */
  readonly raw: number | undefined
  readonly skein: number
  /** Skein's share of raw; `undefined` where the target is not a ratio and none is of use. */
  readonly ratio: number | undefined
  /** The ratios of the single runs, where there were several. */
  readonly ratios?: readonly number[]
  /** In words, as the table prints it. `undefined`: nothing was promised. */
  readonly target: string | undefined
  readonly reached: boolean | undefined
}

export interface Outcome {
  readonly name: string
  /** What was done, in one line. */
  readonly conditions: string
  readonly figures: readonly Figure[]
  /** One line each, below the table. */
  readonly remarks: readonly string[]
  /** Everything else worth comparing later; goes to the JSON only. */
  readonly details: unknown
}

/** How a benchmark is run. */
export interface Settings {
  /** Fewer and shorter runs: to see that it works, not to quote. */
  readonly quick: boolean
}
