// Trystero: reliable, ordered actions. It cuts what is large itself, and waits where its channel's buffer is full.

import type { Side } from '../../../test/support/link-client.ts'
import { bulkPiece, type LineEnd, type LineStack, type Meeting } from '../line.ts'

interface Action {
  send(data: Uint8Array, options: { target: string }): Promise<unknown>
  onMessage: (data: ArrayBuffer | Uint8Array) => void
}
interface Room {
  onPeerJoin: (id: string) => void
  makeAction(name: string): Action
  leave(): Promise<void>
}
export type JoinTrysteroRoom = (config: object, room: string) => Room

class TrysteroLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #room: Room
  readonly #target: { target: string }
  readonly #actions: Readonly<Record<'state' | 'gameplay' | 'bulk', Action>>

  constructor(room: Room, target: string, actions: TrysteroLine['actions']) {
    this.#room = room
    this.#target = { target }
    this.#actions = actions
    for (const action of Object.values(actions)) action.onMessage = (data) => this.onPacket(new Uint8Array(data))
  }

  get actions(): Readonly<Record<'state' | 'gameplay' | 'bulk', Action>> {
    return this.#actions
  }

  sendState(bytes: Uint8Array): void {
    void this.#actions.state.send(bytes, this.#target)
  }

  sendGameplay(bytes: Uint8Array): void {
    void this.#actions.gameplay.send(bytes, this.#target)
  }

  async sendBulk(bytes: number): Promise<void> {
    await this.#actions.bulk.send(bulkPiece(bytes), this.#target)
  }

  async close(): Promise<void> {
    await this.#room.leave()
  }
}

/** @param load The library, and what its connections are made with. */
export function trysteroStack(
  load: (link: string, side: Side) => Promise<{ joinRoom: JoinTrysteroRoom; rtcPolyfill: unknown }>,
): LineStack {
  const open = async ({ signaling, link }: Meeting, side: Side): Promise<LineEnd> => {
    const { joinRoom, rtcPolyfill } = await load(link, side)
    const relay = signaling.replace('http', 'ws')
    const room = joinRoom(
      { appId: 'skein-bench', relayConfig: { urls: [relay] }, rtcPolyfill, rtcConfig: { iceServers: [] } },
      'bench',
    )
    const actions = {
      state: room.makeAction('state'),
      gameplay: room.makeAction('gameplay'),
      bulk: room.makeAction('bulk'),
    }
    const target = await new Promise<string>((resolve) => {
      room.onPeerJoin = resolve
    })
    return new TrysteroLine(room, target, actions)
  }
  return {
    listen: async (meeting) => ({ room: '', connected: open(meeting, 2) }),
    dial: (meeting) => open(meeting, 1),
  }
}
