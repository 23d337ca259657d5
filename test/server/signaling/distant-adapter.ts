import type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  SignalingAdapter,
  StoredRecord,
} from '../../../server/signaling/adapter.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { turn } from '../../support/turn.ts'

type Step = 'transact' | 'answer' | 'publish' | 'subscribe'

/** A store at a distance: every step waits until the test lets it go, in any order that the test likes. */
export class DistantAdapter implements SignalingAdapter {
  readonly steps: { readonly kind: Step; readonly go: () => void }[] = []
  readonly #inner = new MemoryAdapter()
  /** Somebody is there to hear what is published. */
  isHeard = true

  async transact<R extends StoredRecord>(key: string, update: RecordUpdate<R>): Promise<R | undefined> {
    await this.#step('transact')
    const record = await this.#inner.transact(key, update)
    // Done, but the process that asked does not know yet.
    await this.#step('answer')
    return record
  }

  async subscribe<R extends StoredRecord>(
    key: string,
    listener: (event: ChannelEvent<R>) => void,
  ): Promise<RecordChannel> {
    await this.#step('subscribe')
    const channel = await this.#inner.subscribe(key, listener)
    const publish: RecordChannel['publish'] = async (message) => {
      await this.#step('publish')
      if (this.isHeard) channel.publish(message)
      return this.isHeard
    }
    return { publish, close: () => channel.close() }
  }

  list<R extends StoredRecord>(query: RecordQuery): Promise<readonly (readonly [string, R])[]> {
    return this.#inner.list(query)
  }

  /** Lets the step at `index` of those that wait go, and everything that follows from it without another step. */
  async go(index = 0): Promise<void> {
    this.steps.splice(index, 1)[0]?.go()
    await turn()
  }

  /** Lets everything go, in order. */
  async goAll(): Promise<void> {
    await turn()
    while (this.steps.length > 0) await this.go()
  }

  kinds(): string[] {
    return this.steps.map(({ kind }) => kind)
  }

  #step(kind: Step): Promise<void> {
    return new Promise((go) => this.steps.push({ kind, go }))
  }
}
