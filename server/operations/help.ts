// `skein-server --help`.

import type { Flag } from './flags.ts'
import { ALL_FLAGS, variableOf } from './flags.ts'

const WIDTH = 100
const INDENT = 6

const INTRODUCTION = `Runs a Skein signaling server: it brings the players of a game together, and then they talk to each other.

  skein-server --dev                              for development: everybody may enter
  skein-server --ticket-secret-file secret.txt    in production: your backend issues tickets

Every flag has an environment variable, which the flag overrides. Secrets are better given as a variable or a file:
other users of the machine can read the command line.`

const ENDING = `Players connect to ws://HOST:PORT/signaling. On the same port /healthz says that the process lives, and /readyz
whether it takes players. SIGTERM and SIGINT end it in an orderly way; a second one at once.

  --version   prints the version
  --help      this text

More: docs/operations.md and docs/security.md in the package's repository.`

export function helpText(): string {
  const groups = [...new Set(ALL_FLAGS.map(({ group }) => group))]
  const sections = groups.map((group) => {
    const flags = ALL_FLAGS.filter((flag) => flag.group === group)
    return [group, ...flags.map(entry)].join('\n')
  })
  return [INTRODUCTION, ...sections, ENDING].join('\n\n')
}

function entry(flag: Flag): string {
  const value = flag.value === undefined ? '' : ` ${flag.value}`
  const more = flag.default === undefined ? '' : ` Default: ${flag.default}.`
  const heading = `  --${flag.name}${value}  (${variableOf(flag)})`
  return [heading, ...wrap(`${flag.help}${more}`)].join('\n')
}

function wrap(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH - INDENT) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => ' '.repeat(INDENT) + one)
}
