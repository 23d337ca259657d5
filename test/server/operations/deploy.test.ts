// Keeps what an operator copies true: every setting in the Dockerfile, the compose file, nginx's configuration and the guide
// exists, and the guide's table is the parser's own.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findProgram } from '../../../scripts/programs.js'
import { ALL_FLAGS, type Flag, variableOf } from '../../../server/operations/flags.ts'

const DOCUMENTS = [
  'deploy/Dockerfile',
  'deploy/compose.yaml',
  'deploy/nginx.conf',
  'docs/operations.md',
  'docs/security.md',
]
const VARIABLES = new Set(ALL_FLAGS.map(variableOf))
const NAMES = new Set([...ALL_FLAGS.map(({ name }) => name), 'help', 'version'])

describe.each(DOCUMENTS)('%s', (path) => {
  const text = readFileSync(path, 'utf8')

  it('sets no environment variable that the server does not have', () => {
    const named = text.match(/\bSKEIN_[A-Z_]+/g) ?? []
    expect(named.filter((name) => !VARIABLES.has(name))).toEqual([])
  })

  it('gives the server no flag that it does not have', () => {
    // A line that starts the server, and those that a backslash joins to it; or a flag in running text.
    const commands = text.replaceAll(/\\\n/g, ' ').match(/skein-server .*|`--[a-z-]+|with --[a-z-]+/g) ?? []
    const named = commands.flatMap((command) => command.match(/(?<=--)[a-z][a-z-]+/g) ?? [])
    expect(named.filter((name) => !NAMES.has(name))).toEqual([])
  })
})

describe('the image', () => {
  const text = readFileSync('deploy/Dockerfile', 'utf8')

  it('is made of files that there are', () => {
    const sources = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, files]) => files!.split(' ').slice(0, -1))
    expect(sources.length).toBeGreaterThan(4)
    expect(sources.filter((file) => !existsSync(file))).toEqual([])
  })

  it('starts the program that the package has', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8'))
    const [, program] = /ENTRYPOINT \["node_modules\/\.bin\/([a-z-]+)"\]/.exec(text) ?? []
    expect(Object.keys(bin)).toContain(program)
  })

  it('takes no ws before 8.21, the first without the known holes', () => {
    const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
    const { version } = JSON.parse(readFileSync('node_modules/ws/package.json', 'utf8'))
    for (const text of [peerDependencies.ws, version]) {
      const [, major, minor] = /(\d+)\.(\d+)\.\d+/.exec(text) ?? []
      expect(Number(major)).toBe(8)
      expect(Number(minor)).toBeGreaterThanOrEqual(21)
    }
  })

  it('holds every optional package that the program may load, in a version that the package allows', () => {
    const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
    const installed = new Map([...text.matchAll(/ ([a-z-]+)@(\d+)/g)].map(([, name, major]) => [name!, major!]))
    const wanted = Object.keys(peerDependencies).filter((name) => name !== 'node-datachannel')
    expect([...installed.keys()].sort()).toEqual(wanted.sort())
    for (const [name, major] of installed) {
      const [, low, high] = /^>=(\d+)\S* <(\d+)$/.exec(peerDependencies[name]) ?? []
      expect(Number(major), name).toBeGreaterThanOrEqual(Number(low))
      expect(Number(major), name).toBeLessThan(Number(high))
    }
  })
})

describe('the compose file', () => {
  const text = readFileSync('deploy/compose.yaml', 'utf8')

  it('says of every variable that has to be set what it is', () => {
    const named = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!))
    const explained = new Set([...text.matchAll(/\$\{([A-Z_]+):\?[^}]+\}/g)].map(([, name]) => name!))
    expect([...named].filter((name) => !explained.has(name))).toEqual([])
  })

  it('gives coturn only flags that it has', () => {
    const program = findProgram('coturn')
    if (!program) throw new Error('coturn is missing: run `npm test`, which installs it.')
    // It ends its help with an exit code of its own, on whichever output.
    const { stdout, stderr } = spawnSync(program, ['--help'], { encoding: 'utf8' })
    const help = stdout + stderr
    const flags = [...text.matchAll(/^ +- --([a-z-]+)/gm)].map(([, name]) => name!)
    expect(flags.length).toBeGreaterThan(10)
    expect(flags.filter((flag) => !help.includes(`--${flag}`))).toEqual([])
  })
})

describe('the guide', () => {
  it('has the table of every setting as the parser knows it', () => {
    const guide = readFileSync('docs/operations.md', 'utf8')
    const rows = ALL_FLAGS.map(row)
    expect(guide.split('\n').filter((line) => line.startsWith('| `--'))).toEqual(rows)
  })
})

function row(flag: Flag): string {
  const value = flag.value === undefined ? '' : ` ${flag.value}`
  const standard = flag.default === undefined ? '' : `\`${flag.default}\``
  return `| \`--${flag.name}${value}\` | \`${variableOf(flag)}\` | ${standard} | ${flag.help} |`
}
