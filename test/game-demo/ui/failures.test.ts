import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../src/game-demo/ui/failures.ts'
import { NetError, type NetErrorCode } from '../../../src/net/errors.ts'

const CODES: readonly NetErrorCode[] = [
  'ERR_SIGNALING_URL',
  'ERR_SIGNALING_UNREACHABLE',
  'ERR_SIGNALING_PROTOCOL',
  'ERR_TIMEOUT',
  'ERR_ROOM_NOT_FOUND',
  'ERR_ROOM_FULL',
  'ERR_ROOM_SEALED',
  'ERR_ROOM_CLOSED',
  'ERR_TOKEN_REFUSED',
  'ERR_WEBRTC_UNSUPPORTED',
  'ERR_RATE_LIMITED',
  'ERR_CONNECTION_ERROR',
  'ERR_INVALID_PARAMETER',
]

describe('describeFailure', () => {
  it('has words of its own for every way in which joining fails', () => {
    const titles = CODES.map((code) => describeFailure(new NetError(code, 'why')).title)
    expect(new Set(titles).size).toBe(CODES.length)
    expect(titles).not.toContain('That did not work')
  })

  it('shows the code and the library’s sentence, for whoever can do something about it', () => {
    expect(describeFailure(new NetError('ERR_ROOM_FULL', 'It holds 16.')).detail).toBe('ERR_ROOM_FULL: It holds 16.')
  })

  it('copes with anything else', () => {
    expect(describeFailure(new Error('boom')).detail).toBe('boom')
    expect(describeFailure(undefined).title).toBe('That did not work')
  })
})
