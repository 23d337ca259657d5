// From the runs of a benchmark to its figures: the median of the runs, Skein beside raw, against a target.

import type { Figure } from './figure.ts'
import { median } from './statistics.ts'

export interface Target {
  readonly text: string
  /** NaN reaches nothing. */
  readonly holds: (skein: number, raw: number) => boolean
}

/** Something that each run has. */
export interface Metric<Run> {
  readonly name: string
  readonly unit: string
  readonly of: (run: Run) => number
  readonly target?: Target | undefined
}

export function atMost(limit: number, unit: string): Target {
  return { text: `≤ ${rounded(limit)} ${unit}`.trim(), holds: (skein) => skein <= limit }
}

export function atLeast(limit: number, unit: string): Target {
  return { text: `≥ ${rounded(limit)} ${unit}`.trim(), holds: (skein) => skein >= limit }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/** The medians of the runs. Raw and Skein took turns: the n-th runs belong together, and a ratio is of two of them. */
export function figureOf<Run>(metric: Metric<Run>, raws: readonly Run[], skeins: readonly Run[]): Figure {
  const { name, unit, of, target } = metric
  const raw = median(raws.map(of))
  const skein = median(skeins.map(of))
  const ratios = skeins.flatMap((run, index) => (raws[index] === undefined ? [] : [of(run) / of(raws[index])]))
  const meaningful = ratios.length > 0 && ratios.every(Number.isFinite)
  return {
    name,
    unit,
    raw: raws.length === 0 ? undefined : raw,
    skein,
    ratio: meaningful ? median(ratios) : undefined,
    ...(meaningful && { ratios }),
    target: target?.text,
    reached: target?.holds(skein, raw),
  }
}
