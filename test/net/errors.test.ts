import { expect, it } from 'vitest'
import { NetError, toNetError } from '../../src/net/errors.ts'

it('is an Error with a code, a sentence and its cause', () => {
  const cause = new TypeError('deep below')
  const error = new NetError('ERR_TIMEOUT', 'Nobody answered: try again.', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'NetError', code: 'ERR_TIMEOUT', message: 'Nobody answered: try again.', cause })
  expect(String(error)).toBe('NetError: Nobody answered: try again.')
})

it('wraps what is not a NetError, and leaves what is', () => {
  const own = new NetError('ERR_ROOM_FULL', 'Full.')
  expect(toNetError(own, 'ERR_TIMEOUT', 'Late.')).toBe(own)
  const wrapped = toNetError('a thrown string', 'ERR_TIMEOUT', 'Late.')
  expect(wrapped).toMatchObject({ code: 'ERR_TIMEOUT', message: 'Late.', cause: 'a thrown string' })
})
