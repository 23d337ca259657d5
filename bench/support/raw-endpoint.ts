// What a user would write without Skein: node-datachannel's native API, two negotiated channels, msgpackr.

import { Packr } from 'msgpackr'
import type { Dialled, Endpoint, State } from './endpoint.ts'
import type { RawConnection, RawSide } from './raw-connection.ts'

const packr = new Packr({ useRecords: false })

class RawEndpoint implements Endpoint {
  onState: (state: State) => void = () => {}
  readonly #side: RawSide
  readonly #connection: RawConnection

  constructor(side: RawSide, connection: RawConnection) {
    this.#side = side
    this.#connection = connection
    connection.onUnreliable = (data) => this.onState(packr.unpack(data) as State)
  }

  get buffered(): number {
    return this.#connection.unreliable.bufferedAmount()
  }

  send(state: State): void {
    this.#connection.unreliable.sendMessageBinary(packr.pack(state))
  }

  close(): Promise<void> {
    return this.#side.hangUp(this.#connection)
  }
}

export async function answerRaw(side: RawSide): Promise<Endpoint> {
  return new RawEndpoint(side, await side.answer())
}

export async function dialRaw(side: RawSide): Promise<Dialled> {
  return { endpoint: new RawEndpoint(side, await side.dial()), redials: 0, steps: {} }
}
