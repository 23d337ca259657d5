import { afterEach, expect, it, vi } from 'vitest'
import { resolveOptions } from '../../../server/signaling/options.ts'
import { drawSecret } from '../../../server/signaling/secrets.ts'
import { generatePeerId } from '../../../src/net/signaling/room.ts'
import { generateRoomCode } from '../../../src/net/signaling/room-code.ts'

afterEach(() => vi.restoreAllMocks())

it('a resume secret has 128 bits, each of which is drawn', () => {
  let draws = 0
  const secret = drawSecret(() => [0x01234567, 0x89abcdef, 0x00000000, 0xfffffffe][draws++]!)
  expect(secret).toBe('0123456789abcdef00000000fffffffe')
  expect(draws).toBe(4)
})

it("codes, ids and secrets come from the machine's own source of chance, unless a test says otherwise", () => {
  const { random } = resolveOptions({ host: '127.0.0.1' })
  const drawn = vi.spyOn(crypto, 'getRandomValues')
  const calls = (draw: () => unknown) => {
    drawn.mockClear()
    draw()
    return drawn.mock.calls.length
  }
  // 45 bits of a code are nine symbols of five.
  expect(calls(() => generateRoomCode(random)) * 32).toBeGreaterThanOrEqual(45)
  expect(calls(() => generatePeerId(random))).toBe(1)
  expect(calls(() => drawSecret(random))).toBe(4)
})
