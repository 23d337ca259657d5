import { describe, expect, it } from 'vitest'
import { describeConfig, readConfig } from '../../../server/operations/config.ts'
import { ALL_FLAGS, FLAGS, variableOf } from '../../../server/operations/flags.ts'
import { helpText } from '../../../server/operations/help.ts'
import { readFlags, UsageError } from '../../../server/operations/read-flags.ts'
import { resolveOptions } from '../../../server/signaling/options.ts'

const SECRET = 'a-secret-of-more-than-thirty-two-bytes'

/** What would be started with these arguments and this environment. */
function config(args: string[], environment: Record<string, string> = {}, files: Record<string, string> = {}) {
  return readConfig(read(args, environment, files).given)
}

function read(args: string[], environment: Record<string, string> = {}, files: Record<string, string> = {}) {
  return readFlags(args, environment, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  })
}

describe('settings', () => {
  it('come from flags before variables before defaults', () => {
    const environment = { SKEIN_PORT: '1111', SKEIN_MAX_ROOMS: '7', SKEIN_DEV: 'true' }
    const { port, limits, path } = config(['--port', '2222'], environment)
    expect([port, limits.rooms, path]).toEqual([2222, 7, '/signaling'])
  })

  it('are those of the embedded server where nothing is said', () => {
    expect(config(['--dev']).limits).toEqual(resolveOptions({}).limits)
  })

  it('may be lists, in one text or several', () => {
    const origins = ['https://a.example', 'https://b.example']
    expect(config(['--dev', '--origin', origins[0]!, '--origin', origins[1]!]).origins).toEqual(origins)
    expect(config(['--dev'], { SKEIN_ORIGIN: origins.join(', ') }).origins).toEqual(origins)
  })

  it('read secrets from a file, by flag or by variable', () => {
    const files = { '/run/secrets/ticket': `${SECRET}\n` }
    expect(config(['--ticket-secret-file', '/run/secrets/ticket'], {}, files).ticketSecrets).toEqual([SECRET])
    expect(config([], { SKEIN_TICKET_SECRET_FILE: '/run/secrets/ticket' }, files).ticketSecrets).toEqual([SECRET])
    expect(() => config(['--ticket-secret-file', '/nowhere'])).toThrow(/--ticket-secret-file cannot be read/)
  })

  it('take a variable that is set to nothing for one that is not set', () => {
    expect(config(['--dev'], { SKEIN_ORIGIN: '', SKEIN_PORT: '' }).origins).toBeUndefined()
  })

  it('tell of a variable that looks like a setting and is none', () => {
    expect(read(['--dev'], { SKEIN_TICKETSECRET: SECRET }).warnings.join()).toMatch(/SKEIN_TICKETSECRET is no setting/)
  })

  it('allow as many rooms as was said, and by default more where they are kept in Redis', () => {
    const rooms = (...args: string[]) => config(['--dev', ...args]).limits.rooms
    expect(rooms()).toBe(5_000)
    expect(rooms('--redis', 'redis://x')).toBe(100_000)
    expect(rooms('--redis', 'redis://x', '--max-rooms', '5000')).toBe(5_000)
  })

  it.each([
    [['--prot', '80'], /--prot/],
    [['--dev', 'stray'], /stray/],
    [['--dev', '--port', 'http'], /--port is a whole number from 0 to 65535, not "http"/],
    [['--dev', '--port', '70000'], /--port/],
    [['--dev', '--max-rooms', '0'], /--max-rooms/],
    [['--dev', '--path', 'signaling'], /--path begins with/],
    [['--dev', '--log-level', 'loud'], /--log-level is one of silent/],
    [['--dev', '--turn-url', 'turn:turn.example'], /--turn-secret/],
    [['--dev', '--turn-secret', 'x'], /--turn-url/],
    [['--dev', '--stun-url', 'stun.example'], /--stun-url is written as "stun:host:port", unlike "stun.example"/],
    [['--dev', '--redis', 'localhost:6379'], /--redis is a URL as redis:/],
  ])('refuse %j in a sentence', (args, sentence) => {
    expect(() => config(args)).toThrow(UsageError)
    expect(() => config(args)).toThrow(sentence)
  })

  it('name the variable when that is what is wrong', () => {
    expect(() => config(['--dev'], { SKEIN_PORT: 'tcp://10.0.0.1:80' })).toThrow(/^SKEIN_PORT is a whole number/)
    expect(() => config([], { SKEIN_DEV: 'yes' })).toThrow(/^SKEIN_DEV is true or false/)
  })
})

describe('the entrance', () => {
  it('is not opened without a secret, unless for development', () => {
    expect(() => config([])).toThrow(/no ticket secret.*--dev/s)
    expect(config(['--dev']).ticketSecrets).toEqual([])
    expect(config(['--ticket-secret', SECRET]).dev).toBe(false)
  })

  it('is open to this machine only in development, unless told otherwise', () => {
    expect(config(['--dev']).host).toBe('127.0.0.1')
    expect(config(['--dev', '--host', '0.0.0.0']).host).toBe('0.0.0.0')
    expect(config(['--ticket-secret', SECRET]).host).toBeUndefined()
  })

  it('refuses a short secret without repeating it', () => {
    const failure = () => config(['--ticket-secret', `${SECRET},hunter2`])
    expect(failure).toThrow(/32 bytes/)
    expect(failure).not.toThrow(/hunter2/)
  })

  it('refuses a secret that is given twice', () => {
    expect(() => config(['--ticket-secret', SECRET], { SKEIN_TICKET_SECRET_FILE: '/x' })).toThrow(/leave one out/)
  })
})

describe('what is printed at the start', () => {
  it('has every setting and where it comes from, and no secret', () => {
    const { given } = read(['--turn-secret', 'turn-secret-value', '--turn-url', 'turn:t'], {
      SKEIN_TICKET_SECRET: SECRET,
      SKEIN_REDIS: 'redis://user:password@redis',
    })
    const text = describeConfig(given)
    for (const { name } of FLAGS) expect(text).toContain(name)
    expect(text).toMatch(/ticket-secret +set, and not shown +\(SKEIN_TICKET_SECRET\)/)
    expect(text).toMatch(/turn-url +turn:t +\(--turn-url\)/)
    expect(text).not.toMatch(/turn-secret-value|password|thirty-two/)
  })
})

describe('--help', () => {
  it('names every flag with its variable, its default and a sentence', () => {
    const text = helpText()
    for (const flag of ALL_FLAGS) {
      expect(text).toContain(`--${flag.name}${flag.value ? ` ${flag.value}` : ''}  (${variableOf(flag)})`)
      expect(flag.help).toMatch(/^[A-Z].*\.$/)
      if (flag.default) expect(text.replace(/\s+/g, ' ')).toContain(`Default: ${flag.default}.`)
    }
  })

  it('fits a terminal of 120 columns', () => {
    expect(
      Math.max(
        ...helpText()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(120)
  })
})
