// The package as it would be published: packed, unpacked elsewhere, and imported by its names.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
let tarball: string
let files: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-package-'))
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename, files: listed }] = JSON.parse(packed)
  tarball = join(folder, filename)
  files = listed.map(({ path }: { path: string }) => path)
  mkdirSync(join(folder, 'node_modules/skein'), { recursive: true })
  execFileSync('tar', ['xzf', tarball, '-C', join(folder, 'node_modules/skein'), '--strip-components=1'])
  const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program in the folder where the package is installed. */
function run(program: string, args: string[] = []): string {
  return execFileSync(process.execPath, [...args, '--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  })
}

describe('the package', () => {
  it('holds what users need and nothing else', () => {
    expect(files).toContain('README.md')
    expect(files).toContain('LICENSE')
    const wanted = /^(README\.md|LICENSE|package\.json|dist\/(src|server)\/.*\.(js|d\.ts))$/
    const unwanted = /game-demo|headless|start\.|bench|test\//
    expect(files.filter((file) => !wanted.test(file) || unwanted.test(file))).toEqual([])
  })

  it.each([
    ['skein', 'joinRoom'],
    ['skein/net', 'WebRTCPeerConnection'],
    ['skein/multiplayer', 'WebRTCMultiplayerPeer'],
    ['skein/node', 'nodeDriver'],
    ['skein/testing', 'MemorySignaling'],
    ['skein/server', 'createSignalingServer'],
  ])('has the entry point %s', (entry, name) => {
    expect(run(`import { ${name} } from '${entry}'; console.log(typeof ${name})`).trim()).toMatch(/function|object/)
  })

  it('passes publint and are-the-types-wrong', () => {
    const bin = (name: string) => resolve('node_modules/.bin', name)
    execFileSync(bin('publint'), ['--strict', tarball], { stdio: 'pipe' })
    execFileSync(bin('attw'), ['--profile', 'esm-only', tarball], { stdio: 'pipe' })
  })

  it('names the package to install where Node has no WebRTC driver', () => {
    rmSync(join(folder, 'node_modules/node-datachannel'))
    const output = run(`
      import 'skein/node'
      import { joinRoom, MemorySignaling } from 'skein'
      await joinRoom({ signaling: new MemorySignaling() }).catch(({ code, message }) => console.log(code, message))
    `)
    expect(output).toMatch(/ERR_DRIVER_MISSING .*npm install node-datachannel/)
  })

  it('asks nothing of a browser user but what a page needs', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(Object.keys(dependencies)).toEqual(['@noble/ciphers', '@noble/hashes', 'msgpackr', 'valibot'])
    for (const name of Object.keys(peerDependencies))
      expect(peerDependenciesMeta[name], name).toEqual({ optional: true })
  })

  it('brings skein-server, which names the packages that its settings need and are not there', () => {
    const program = join(folder, 'node_modules/skein/dist/server/operations/cli.js')
    const start = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
    expect(start('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    for (const [name, ...settings] of [
      ['pino', '--dev'],
      ['prom-client', '--dev', '--log-level', 'silent', '--ops-port', '0'],
      ['redis', '--dev', '--log-level', 'silent', '--redis', 'redis://127.0.0.1:1'],
      ['jose', '--log-level', 'silent', '--ticket-secret', 'x'.repeat(32)],
      ['ws', '--dev', '--log-level', 'silent'],
    ] as const) {
      rmSync(join(folder, 'node_modules', name))
      const { status, stderr } = start('--port', '0', ...settings)
      expect(stderr).toContain(`npm install ${name}`)
      expect(status).toBe(1)
    }
  })
})
