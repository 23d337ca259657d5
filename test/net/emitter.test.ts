import { describe, expect, it } from 'vitest'
import { Emitter, type Off } from '../../src/net/emitter.ts'
import { unhandled } from '../support/net-errors.ts'

type Events = { said: (word: string, times: number) => void; quiet: () => void }

class Speaker extends Emitter<Events> {
  say(word: string, times = 1): void {
    this.emit('said', word, times)
  }
}

/** Delivers what was said before to whoever begins to listen, as a data channel does. */
class Recorder extends Speaker {
  readonly waiting: string[] = []

  override on<Name extends keyof Events>(event: Name, listener: Events[Name]): Off {
    const off = super.on(event, listener)
    while (event === 'said' && this.waiting.length > 0 && this.listenerCount('said') > 0)
      this.say(this.waiting.shift()!)
    return off
  }
}

describe('an emitter', () => {
  it('calls the listeners in the order in which they were added, with the arguments', () => {
    const speaker = new Speaker()
    const log: unknown[] = []
    speaker.on('said', (word, times) => log.push(['first', word, times]))
    speaker.on('said', (word, times) => log.push(['second', word, times]))
    speaker.on('quiet', () => log.push('quiet'))
    speaker.say('hey', 3)
    expect(log).toEqual([
      ['first', 'hey', 3],
      ['second', 'hey', 3],
    ])
  })

  it('goes on when a listener throws, and reports what it threw as an unhandled rejection', async () => {
    const speaker = new Speaker()
    const heard: string[] = []
    const problem = new Error('a bug in the game')
    speaker.on('said', () => {
      throw problem
    })
    speaker.on('said', (word) => heard.push(word))
    const errors = await unhandled(() => {
      expect(() => speaker.say('hey')).not.toThrow()
    })
    expect(heard).toEqual(['hey'])
    expect(errors).toEqual([problem])
  })

  it('removes exactly the listener that its off-switch belongs to, once', () => {
    const speaker = new Speaker()
    const heard: string[] = []
    const listener = (word: string) => void heard.push(word)
    const off = speaker.on('said', listener)
    speaker.on('said', listener)
    off()
    off()
    expect(speaker.listenerCount('said')).toBe(1)
    speaker.say('hey')
    expect(heard).toEqual(['hey'])
  })

  it('lets listeners come and go during an emit, which is heard by those that were there at its beginning', () => {
    const speaker = new Speaker()
    const log: string[] = []
    speaker.on('said', () => {
      log.push('first')
      offSecond()
      speaker.on('said', () => log.push('late'))
    })
    const offSecond = speaker.on('said', () => log.push('second'))
    speaker.say('one')
    expect(log).toEqual(['first', 'second'])
    log.length = 0
    speaker.say('two')
    expect(log).toEqual(['first', 'late'])
  })
})

describe('once', () => {
  it('hears one event only, also when it causes the next itself', () => {
    const speaker = new Speaker()
    const heard: string[] = []
    speaker.once('said', (word) => {
      heard.push(word)
      speaker.say('nested')
    })
    speaker.say('one')
    speaker.say('two')
    expect(heard).toEqual(['one'])
    expect(speaker.listenerCount('said')).toBe(0)
  })

  it('can be called off, before and after', () => {
    const speaker = new Speaker()
    const heard: string[] = []
    const off = speaker.once('said', (word) => heard.push(word))
    off()
    speaker.say('one')
    const offAgain = speaker.once('said', (word) => heard.push(word))
    speaker.on('said', (word) => heard.push(word))
    speaker.say('two')
    offAgain()
    speaker.say('three')
    expect(heard).toEqual(['two', 'two', 'three'])
  })

  it('takes one of the events that were waiting, and leaves the others', () => {
    const recorder = new Recorder()
    recorder.waiting.push('one', 'two', 'three')
    const heard: string[] = []
    const off = recorder.once('said', (word) => heard.push(word))
    expect(heard).toEqual(['one'])
    expect(recorder.waiting).toEqual(['two', 'three'])
    recorder.on('said', (word) => heard.push(word))
    off()
    recorder.say('four')
    expect(heard).toEqual(['one', 'two', 'three', 'four'])
  })
})
