// Reads what `skein-server` is told: flags before environment variables before defaults.

import { parseArgs } from 'node:util'
import type { Flag } from './flags.ts'
import { ALL_FLAGS, FLAGS, variableOf } from './flags.ts'

/** Says what is wrong with the command line or the environment, in a sentence for the operator. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was given, by flag: the texts, and where they come from. Flags without a value are not in it. */
export type Given = ReadonlyMap<string, { readonly texts: readonly string[]; readonly from: string }>

export interface Request {
  readonly help: boolean
  readonly version: boolean
  readonly given: Given
  /** What is odd, but no reason not to start. */
  readonly warnings: readonly string[]
}

/**
 * @param readFile Reads a secret's file.
 * @throws {UsageError}
 */
export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Request {
  const values = readArguments(args)
  const given = new Map<string, { texts: readonly string[]; from: string }>()
  for (const flag of FLAGS) {
    const found = find(flag, values, environment)
    const file = flag.secret ? find({ name: `${flag.name}-file` }, values, environment) : undefined
    if (found && file) throw new UsageError(`${found.from} and ${file.from} say the same thing twice: leave one out.`)
    if (file) given.set(flag.name, { texts: split(flag, [readSecret(readFile, file)]), from: file.from })
    else if (found) given.set(flag.name, { texts: split(flag, found.texts), from: found.from })
    else if (flag.default !== undefined) given.set(flag.name, { texts: [flag.default], from: 'default' })
  }
  const known = new Set(ALL_FLAGS.map(variableOf))
  const unknown = Object.keys(environment).filter((name) => name.startsWith('SKEIN_') && !known.has(name))
  const warnings = unknown.map((name) => `The environment variable ${name} is no setting of this server: see --help.`)
  return { help: values.help === true, version: values.version === true, given, warnings }
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

function readArguments(args: readonly string[]): Values {
  const options = Object.fromEntries(
    ALL_FLAGS.map(({ name, value, many }) => [
      name,
      value === undefined ? { type: 'boolean' as const } : { type: 'string' as const, multiple: many === true },
    ]),
  )
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    }).values
  } catch (error) {
    // Node's sentence ends where it begins to explain positional arguments, which there are none of.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. To specify a positional')
    throw new UsageError(`${sentence}.`.replace(/\.\.$/, '.'))
  }
}

function find(
  flag: Pick<Flag, 'name' | 'value'>,
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): { texts: readonly string[]; from: string } | undefined {
  const value = values[flag.name]
  if (value !== undefined) return { texts: [value].flat().map(String), from: `--${flag.name}` }
  const variable = variableOf(flag)
  const text = environment[variable]
  // Compose files set variables that are left open to nothing.
  if (text === undefined || text === '') return undefined
  return { texts: [text], from: variable }
}

function split(flag: Flag, texts: readonly string[]): readonly string[] {
  if (!flag.many) return texts
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

function readSecret(
  readFile: (path: string) => string,
  { texts, from }: { texts: readonly string[]; from: string },
): string {
  const [path = ''] = texts
  try {
    return readFile(path).trim()
  } catch (error) {
    throw new UsageError(`${from} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}
