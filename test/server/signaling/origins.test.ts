import { describe, expect, it } from 'vitest'
import { originCheck } from '../../../server/signaling/origins.ts'
import { thrown } from '../../support/net-errors.ts'
import { RawClient, withServer } from './support.ts'

const ORIGINS = ['https://game.example', 'https://Beta.example:8443', 'http://localhost:80', 'app://wrapper']

describe('an upgrade', () => {
  it.each([
    ['a page that is listed', 'https://game.example', true],
    ['a page that is listed, with its port', 'https://beta.example:8443', true],
    ['a page on the usual port of its scheme', 'http://localhost', true],
    ['a page in a wrapper with a scheme of its own', 'app://wrapper', true],
    ['a program, which sends none', undefined, true],
    ['another page', 'https://evil.example', false],
    ['the same name without TLS', 'http://game.example', false],
    ['the same name on another port', 'https://game.example:444', false],
    ['a name that ends alike', 'https://evilgame.example', false],
    ['a name that begins alike', 'https://game.example.evil.example', false],
    ['a sandboxed frame or a local file', 'null', false],
    ['an empty one', '', false],
    ['two at once', 'https://game.example, https://evil.example', false],
    ['a name in other case, which no browser sends', 'https://GAME.example', false],
  ])('comes from %s', async (_, origin, allowed) => {
    expect(originCheck(ORIGINS)(origin)).toBe(allowed)
    await withServer({ origins: ORIGINS }, async (__, server) => {
      const connecting = RawClient.connect(server.url, origin === undefined ? {} : { headers: { origin } })
      if (allowed) (await connecting).socket.terminate()
      else await expect(connecting).rejects.toThrow('403')
    })
  })
})

describe('the list of origins', () => {
  it.each(['game.example', 'https://game.example/', 'https://game.example/play', '*', '', 'https://*.example'])(
    'refuses "%s"',
    (text) => {
      if (text === 'https://*.example') expect(originCheck([text])('https://a.example')).toBe(false)
      else expect(thrown(() => originCheck([text])).code).toBe('ERR_INVALID_PARAMETER')
    },
  )

  it('lets every page in where there is none', () => {
    for (const origin of ['https://any.example', 'null', undefined]) expect(originCheck(undefined)(origin)).toBe(true)
  })

  it('lets sandboxed frames in where they are listed', () => {
    expect(originCheck(['null'])('null')).toBe(true)
  })
})
