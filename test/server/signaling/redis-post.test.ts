import { describe, expect, it } from 'vitest'
import { REDIS_PARCEL_LENGTH } from '../../../server/signaling/constants.ts'
import { RedisPost, unpacked } from '../../../server/signaling/redis-post.ts'
import { until } from './support.ts'

function signal(text: string, from = 1, to = 2) {
  return { type: 'signal', from, to, text } as const
}

function postOffice(answer: () => Promise<number> = async () => 1) {
  const commands: { readonly channel: string; readonly text: string }[] = []
  const post = new RedisPost((channel, text) => {
    commands.push({ channel, text })
    return answer()
  })
  return { post, commands }
}

describe('signals that one turn of the event loop brings', () => {
  it('leave together for each process, in their order', async () => {
    const { post, commands } = postOffice()
    const sent = [
      post.send('x', 'A', signal('"1"', 1, 2)),
      post.send('y', 'A', signal('"2"', 1, 3)),
      post.send('x', 'B', signal('"3"', 4, 5)),
    ]
    expect(commands).toEqual([])
    expect(await Promise.all(sent)).toEqual([true, true, true])
    expect(commands.map(({ channel }) => channel)).toEqual(['x', 'y'])
    expect([...unpacked(commands[0]!.text)]).toEqual([
      ['A', signal('"1"', 1, 2)],
      ['B', signal('"3"', 4, 5)],
    ])
    await post.send('x', 'A', signal('"4"'))
    expect(commands).toHaveLength(3)
  })

  it('leave at once when there are many of them, each one once', async () => {
    const { post, commands } = postOffice()
    const long = `"${'x'.repeat(REDIS_PARCEL_LENGTH / 2)}"`
    const sent = [1, 2, 3].map((from) => post.send('x', 'A', signal(long, from)))
    expect(commands).toHaveLength(1)
    await Promise.all(sent)
    const senders = commands.map(({ text }) => [...unpacked(text)].map(([, { from }]) => from))
    expect(senders).toEqual([[1, 2], [3]])
  })

  it('are told whether somebody heard them, or why not', async () => {
    expect(await postOffice(async () => 0).post.send('x', 'A', signal('1'))).toBe(false)
    const { post } = postOffice(() => Promise.reject(new Error('gone')))
    const lost = await Promise.allSettled(['1', '2'].map((text) => post.send('x', 'A', signal(text))))
    expect(lost.map((one) => one.status === 'rejected' && String(one.reason))).toEqual(['Error: gone', 'Error: gone'])
  })
})

describe('a parcel', () => {
  it('may hold any text, which never passes for another signal', async () => {
    const { post, commands } = postOffice()
    const texts = ['{"name":"\\ud800 é 🎮"}', '""\nB 9 9 2\n""', '']
    for (const text of texts) void post.send('x', 'A', signal(text))
    await until(() => commands.length > 0)
    // As Redis takes it and gives it back.
    const parcel = Buffer.from(commands[0]!.text).toString()
    expect([...unpacked(parcel)]).toEqual(texts.map((text) => ['A', signal(text)]))
  })

  it.each(['x', 'A 1 2', '\n', 'A 1 2 -9\n', 'A 1 2 NaN\n', ' \n \n'])('that nobody packed is left: %j', (parcel) => {
    expect([...unpacked(parcel)].length).toBeLessThan(2)
  })
})
