// `skein-server` as a process, as an operator runs it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createTicket } from '../../../server/signaling/tickets.ts'
import { RawClient } from '../signaling/support.ts'

const SECRET = 'a-secret-of-more-than-thirty-two-bytes'
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

class Program {
  output = ''
  readonly child: ChildProcess
  readonly ended: Promise<number | null>

  constructor(args: string[], environment: Record<string, string> = {}) {
    const { PATH = '' } = process.env
    this.child = spawn(process.execPath, ['dist/server/operations/cli.js', ...args], { env: { PATH, ...environment } })
    children.push(this.child)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    this.ended = once(this.child, 'close').then(([code]) => code)
  }

  /** What `pattern` finds in the output, once it does. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output)
      if (found) return found[1] ?? found[0]
      if (this.child.exitCode !== null) throw new Error(`It ended without saying ${pattern}:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describe('skein-server', () => {
  it('does not start without a secret, and says what to do', async () => {
    const program = new Program([])
    expect(await program.ended).toBe(2)
    expect(program.output).toContain('SKEIN_TICKET_SECRET="$(openssl rand -base64 48)"')
    expect(program.output).toContain('--dev')
  })

  it('lets everybody in with --dev, and says so loudly', async () => {
    const program = new Program(['--dev', '--port', '0'])
    const client = await RawClient.connect(await program.says(/connect to (ws:\S+)/))
    await client.create()
    expect(program.output).toContain('DEVELOPMENT: there is no ticket secret')
    client.socket.terminate()
  })

  it('says when the store of rooms does not answer, and starts all the same', async () => {
    const program = new Program(['--dev', '--port', '0', '--redis', 'redis://127.0.0.1:1', '--log-level', 'silent'])
    await program.says(/connect to ws:/)
    await program.says(/WARNING: the store of rooms \(--redis\) does not answer/)
  })

  it('lets only tickets in otherwise, and prints and logs neither tickets nor secrets', async () => {
    const args = ['--port', '0', '--host', '127.0.0.1', '--log-level', 'trace']
    const program = new Program(args, {
      SKEIN_TICKET_SECRET: SECRET,
      SKEIN_TURN_SECRET: SECRET,
      SKEIN_TURN_URL: 'turn:t',
    })
    const url = await program.says(/connect to (ws:\S+)/)
    const stranger = await RawClient.connect(url)
    stranger.say({ type: 'create', version: 2, topology: 'mesh', token: 'a-wrong-token' })
    expect((await stranger.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
    const token = await createTicket({ secret: SECRET })
    const player = await RawClient.connect(`${url}?token=${token}`)
    player.say({ type: 'create', version: 2, topology: 'mesh', token })
    const { room } = await player.heard('joined')
    await program.says(/"event":"entered"/)
    expect(program.output).toContain(room.code)
    expect(program.output).not.toContain('DEVELOPMENT')
    for (const secret of [SECRET, token, 'a-wrong-token']) expect(program.output).not.toContain(secret)
    player.socket.terminate()
  })

  it('ends in an orderly way on SIGTERM, and tells its clients', async () => {
    const program = new Program(['--dev', '--port', '0', '--ops-port', '0'])
    const client = await RawClient.connect(await program.says(/connect to (ws:\S+)/))
    await client.create()
    program.child.kill('SIGTERM')
    expect(await client.closed).toEqual({ code: 1012, reason: 'resume' })
    expect(await program.ended).toBe(0)
  })

  it('says that its port is taken', async () => {
    const first = new Program(['--dev', '--port', '0'])
    const port = await first.says(/connect to ws:\/\/127\.0\.0\.1:(\d+)/)
    const second = new Program(['--dev', '--port', port])
    expect(await second.ended).toBe(1)
    expect(second.output).toContain(`ERR_ALREADY_IN_USE: Port ${port} is taken: choose another one.`)
  })

  it.each([
    ['--help', /skein-server --dev/],
    ['--version', /^\d+\.\d+\.\d+/],
  ])('prints %s and ends', async (flag, pattern) => {
    const program = new Program([flag])
    expect(await program.ended).toBe(0)
    expect(program.output).toMatch(pattern)
  })
})
