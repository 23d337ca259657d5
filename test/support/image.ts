// Does what a Dockerfile says in folders of its own, without a container engine. Packages come from the folder of those that
// are installed here rather than from a registry, so only those that a step names are there afterwards.

import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What the last stage of a Dockerfile leaves behind. */
export interface Image {
  readonly root: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
}

interface Stage {
  readonly root: string
  workdir: string
  readonly env: Record<string, string>
  entrypoint: readonly string[]
  healthcheck: readonly string[]
}

interface Instruction {
  readonly name: string
  readonly rest: string
}

function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split('\n').filter((line) => !line.startsWith('#'))
  const whole = lines.join('\n').replaceAll(/\\\n/g, ' ').split('\n')
  return whole
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
      return { name, rest }
    })
}

/** @param folder For the stages. @param context Whose files are copied, but for those that `ignored` names. */
export function buildImage(dockerfile: string, folder: string, context: string, ignored: readonly string[]): Image {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const { name, rest } of instructionsOf(dockerfile)) {
    if (name === 'FROM') {
      const [image = '', , as = `stage${stages.size}`] = rest.split(' ')
      if (!image.startsWith('node:')) throw new Error(`${image} is not known here`)
      stage = { root: join(folder, as), workdir: '/', env: {}, entrypoint: [], healthcheck: [] }
      mkdirSync(join(stage.root, 'tmp'), { recursive: true })
      stages.set(as, stage)
      continue
    }
    if (!stage) throw new Error(`${name} before FROM`)
    switch (name) {
      case 'WORKDIR':
        stage.workdir = rest
        mkdirSync(join(stage.root, rest), { recursive: true })
        break
      case 'ENV':
        for (const [, key, value] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[key!] = value!
        break
      case 'COPY':
        copy(rest.split(' '), stage, stages, context, ignored)
        break
      case 'RUN':
        for (const command of rest.split('&&')) run(command.trim(), stage, context)
        break
      case 'HEALTHCHECK':
        stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('[')))
        break
      case 'ENTRYPOINT':
        stage.entrypoint = JSON.parse(rest)
        break
      case 'USER':
      case 'EXPOSE':
        break
      default:
        throw new Error(`${name} is not known here`)
    }
  }
  if (!stage) throw new Error('there is no FROM')
  return stage
}

function copy(
  words: readonly string[],
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  context: string,
  ignored: readonly string[],
): void {
  const from = words[0]?.startsWith('--from=') ? stages.get(words[0].slice('--from='.length)) : undefined
  const sources = words.slice(words[0]?.startsWith('--') ? 1 : 0, -1)
  const target = join(stage.root, resolve(stage.workdir, words.at(-1)!))
  // A folder is copied by what is in it, into what the last word names.
  const isFolder = words.at(-1)!.endsWith('/')
  for (const source of sources) {
    const [path] = from ? glob(join(from.root, source)) : [join(context, source)]
    if (!path || !existsSync(path)) throw new Error(`there is no ${source} to copy`)
    if (!from && ignored.includes(source)) throw new Error(`${source} is copied and ignored`)
    const filter = (file: string) => from !== undefined || !ignored.some((name) => file === join(context, name))
    cpSync(path, isFolder ? join(target, basename(path)) : target, { recursive: true, filter })
  }
}

/** The files in a folder whose names are like that of `path`, in which `*` stands for anything. */
function glob(path: string): string[] {
  const folder = resolve(path, '..')
  const [start = '', end = ''] = basename(path).split('*')
  const names = readdirSync(folder).filter((name) => name.startsWith(start) && name.endsWith(end))
  return names.map((name) => join(folder, name))
}

function run(command: string, stage: Stage, context: string): void {
  const cwd = join(stage.root, stage.workdir)
  // Paths from the root are those of the stage's.
  const [program = '', verb = '', ...args] = command
    .replace(/ >\/dev\/null$/, '')
    .split(' ')
    .map((word) => (word.startsWith('/') ? join(stage.root, word) : word))
  if (program === 'rm') for (const file of glob(verb)) rmSync(file)
  else if (program !== 'npm') throw new Error(`RUN ${command} is not known here`)
  else if (verb === 'ci') symlinkSync(join(context, 'node_modules'), join(cwd, 'node_modules'))
  else if (verb === 'install') install(args, cwd, join(context, 'node_modules'))
  else execFileSync(program, [verb, ...args], { cwd, env: { ...process.env, ...stage.env }, stdio: 'pipe' })
}

/** As `npm install` would: the package that was packed, the named ones, and what these need. */
function install(args: readonly string[], cwd: string, installed: string): void {
  const options = { omit: { type: 'string' }, 'no-audit': { type: 'boolean' }, 'no-fund': { type: 'boolean' } } as const
  const { positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const modules = join(cwd, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const word of positionals) {
    const [tarball] = word.endsWith('.tgz') ? glob(word) : []
    if (!tarball) {
      const [, name = word, version = ''] = /^(.+)@(\d+)$/.exec(word) ?? []
      add(name, installed, modules)
      const { version: here } = readPackage(join(modules, name))
      if (!here.startsWith(`${version}.`)) throw new Error(`${word} is wanted, and ${here} is here`)
      continue
    }
    const folder = join(modules, basename(tarball).replace(/-\d+\.\d+\.\d+.*/, ''))
    mkdirSync(folder)
    execFileSync('tar', ['xzf', tarball, '-C', folder, '--strip-components=1'])
    const { bin = {}, dependencies = {} } = readPackage(folder)
    for (const [name, file] of Object.entries(bin)) {
      chmodSync(join(folder, file), 0o755)
      symlinkSync(join(folder, file), join(modules, '.bin', name))
    }
    for (const name of Object.keys(dependencies)) add(name, installed, modules)
  }
}

function add(name: string, installed: string, modules: string): void {
  const target = join(modules, name)
  if (existsSync(target)) return
  cpSync(join(installed, name), target, { recursive: true })
  for (const needed of Object.keys(readPackage(target).dependencies ?? {})) {
    if (!existsSync(join(target, 'node_modules', needed))) add(needed, installed, modules)
  }
}

interface PackageFile {
  readonly version: string
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
}

function readPackage(folder: string): PackageFile {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
