// The figures as text.

import type { Conditions } from './conditions.ts'
import type { Figure, Outcome } from './figure.ts'

const HEADINGS = ['', 'raw or rival', 'Skein', 'ratio', 'runs from … to', 'target', '']

export function formatReport(conditions: Conditions, outcomes: readonly Outcome[], loadAfter: number): string {
  const { processor, cores, memoryGiB, system, node, packages, date, commit, loadBefore, priority } = conditions
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  const lines = [
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`,
    `${versions.join(', ')}; commit ${commit ?? 'unknown'}; ${date}`,
    `load of the machine before and after: ${loadBefore.toFixed(1)}, ${loadAfter.toFixed(1)}${priority === 0 ? '' : `; priority ${priority}`}`,
    '',
    ...table([HEADINGS, ...outcomes.flatMap((outcome) => outcome.figures.map(row))]),
  ]
  for (const { name, conditions: how, remarks } of outcomes) {
    lines.push('', `${name}: ${how}`, ...remarks.map((remark) => `  ${remark}`))
  }
  return `${lines.join('\n')}\n`
}

function row({ name, unit, raw, skein, ratio, ratios, target, reached }: Figure): string[] {
  return [
    name,
    raw === undefined ? '–' : quantity(raw, unit),
    quantity(skein, unit),
    ratio === undefined ? '–' : ratio.toFixed(2),
    ratios && ratios.length > 1 ? `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}` : '–',
    target ?? '–',
    reached === undefined ? '' : reached ? 'reached' : 'NOT REACHED',
  ]
}

function quantity(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'none'
  const digits = unit === '' ? 0 : value >= 1000 ? 0 : value >= 10 ? 1 : 2
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.trim()
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows.map((cells) =>
    cells
      .map((cell, column) =>
        column >= 1 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
}
