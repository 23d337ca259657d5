import { describe, expect, it } from 'vitest'
import { NetError } from '../../../src/net/errors.ts'
import { MAX_WAITING_EVENTS } from '../../../src/net/signaling/constants.ts'
import { SessionEvents, type SignalingEvent } from '../../../src/net/signaling/index.ts'

const left = (id: number): SignalingEvent => ({ type: 'peerLeft', id })

describe('the events of a session', () => {
  it('wait for a listener without growing for ever', () => {
    const events = new SessionEvents()
    for (let id = 1; id <= MAX_WAITING_EVENTS + 100; id++) events.push(left(id))
    const heard: SignalingEvent[] = []
    events.listen((event) => heard.push(event))
    expect(heard).toHaveLength(MAX_WAITING_EVENTS + 1)
    expect(heard.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_OUT_OF_MEMORY' } })
    expect(events.ended).toBe(true)
  })

  it('end with closed', () => {
    const events = new SessionEvents()
    const heard: string[] = []
    events.listen((event) => heard.push(event.type))
    events.close(new NetError('ERR_ROOM_CLOSED', 'over'))
    events.push(left(1))
    events.close(new NetError('ERR_ROOM_CLOSED', 'over'))
    expect(heard).toEqual(['closed'])
  })

  it('stay in order when the listener causes more of them', () => {
    const events = new SessionEvents()
    const heard: unknown[] = []
    events.push(left(1))
    events.push(left(2))
    events.listen((event) => {
      if (event.type === 'peerLeft' && event.id === 1) events.push(left(3))
      heard.push(event)
    })
    expect(heard).toEqual([left(1), left(2), left(3)])
  })

  it('stop when the session is closed in the middle of them', () => {
    const events = new SessionEvents()
    const heard: unknown[] = []
    events.push(left(1))
    events.push(left(2))
    events.listen((event) => {
      heard.push(event)
      events.stop()
    })
    events.push(left(3))
    expect(heard).toEqual([left(1)])
  })

  it('reach the listener also after it threw', async () => {
    const uncaught = new Promise((resolve) => {
      const listeners = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection')
      process.once('unhandledRejection', (error) => {
        for (const listener of listeners) process.on('unhandledRejection', listener)
        resolve(error)
      })
    })
    const events = new SessionEvents()
    const heard: unknown[] = []
    events.listen((event) => {
      heard.push(event)
      if (heard.length === 1) throw new Error('a bug of the user')
    })
    events.push(left(1))
    events.push(left(2))
    expect(heard).toEqual([left(1), left(2)])
    expect(await uncaught).toEqual(new Error('a bug of the user'))
  })
})
