// Scores and players: the table (with everybody's ping), the short list beside the play, and the list in words for
// assistive tools.

import type { WorldView } from '../net/world-view.ts'
import { cssColour, type Profile } from '../profile.ts'
import { type Arena, ranking, type Score } from '../rules/arena.ts'
import { create, element, setText, syncList } from './dom.ts'

export interface BoardContext {
  readonly selfId: number
  readonly profileOf: (id: number) => Profile | undefined
  readonly pingOf: (id: number) => number | undefined
}

const LEADERS = 5

export class Board {
  readonly #root = element('board', HTMLElement)
  readonly #title = element('board-title', HTMLElement)
  readonly #text = element('board-text', HTMLElement)
  readonly #rows = element('board-rows', HTMLElement)
  readonly #leaders = element('leaders', HTMLElement)
  readonly #players = element('players', HTMLElement)
  readonly #context: BoardContext
  /** Whether the player asked for it. Between rounds it is shown anyway. */
  wanted = false

  constructor(context: BoardContext) {
    this.#context = context
  }

  update(view: WorldView): void {
    const { arena, remaining } = view
    const scores = ranking(arena)
    const final = arena.phase === 'board'
    this.#root.hidden = !(this.wanted || final)
    this.#root.toggleAttribute('data-final', final)
    if (!this.#root.hidden) this.#showTable(arena, scores, final ? remaining : undefined)
    const leaders = scores.slice(0, LEADERS)
    syncList(
      this.#leaders,
      leaders,
      (score) => String(score.id),
      makeLeader,
      (node, score) => this.#fillLeader(node, score),
    )
    this.#listShips(view)
  }

  /** `nextIn`: seconds until the next round; `undefined` while this one is played. */
  #showTable(arena: Arena, scores: readonly Score[], nextIn: number | undefined): void {
    const { selfId, profileOf, pingOf } = this.#context
    const best = scores[0]
    const winner =
      best && best.points > 0 ? (best.id === selfId ? 'You win' : `${this.#name(best.id)} wins`) : 'Nobody scored'
    setText(this.#title, nextIn !== undefined ? `${winner} round ${arena.round}` : `Round ${arena.round}`)
    setText(this.#text, nextIn !== undefined ? `The next round begins in ${Math.ceil(nextIn)}` : '')
    let rank = 0
    syncList(
      this.#rows,
      scores,
      (score) => String(score.id),
      () => {
        const row = create('tr')
        for (let cell = 0; cell < 6; cell++) row.append(create('td'))
        return row
      },
      (row, score) => {
        const ping = pingOf(score.id)
        const isSelf = score.id === selfId
        const cells = [++rank, this.#name(score.id), score.points, score.kills, score.deaths]
        cells.push(isSelf ? 'you' : ping === undefined ? '–' : Math.round(ping))
        cells.forEach((text, index) => {
          setText(row.children[index]!, String(text))
        })
        row.style.setProperty('--colour', cssColour(profileOf(score.id)?.colour ?? 0))
        row.toggleAttribute('data-self', isSelf)
      },
    )
  }

  #fillLeader(node: HTMLElement, { id, points }: Score): void {
    node.style.setProperty('--colour', cssColour(this.#context.profileOf(id)?.colour ?? 0))
    node.toggleAttribute('data-self', id === this.#context.selfId)
    setText(node.children[0]!, this.#name(id))
    setText(node.children[1]!, String(points))
  }

  #listShips({ ships, arena }: WorldView): void {
    const points = new Map(arena.scores.map((score) => [score.id, score.points]))
    syncList(
      this.#players,
      ships,
      (ship) => String(ship.id),
      () => create('li'),
      (node, ship) => {
        const x = Math.round(ship.x)
        const y = Math.round(ship.y)
        const score = points.get(ship.id) ?? 0
        const { name } = ship.profile
        Object.assign(node.dataset, { id: ship.id, name, x, y, score, alive: ship.alive, bot: ship.profile.bot })
        setText(node, `${name}: ${score} points, ${ship.alive ? `at ${x}, ${y}` : 'destroyed'}`)
      },
    )
  }

  #name(id: number): string {
    return this.#context.profileOf(id)?.name ?? `Pilot ${id}`
  }
}

function makeLeader(): HTMLElement {
  const node = create('li')
  node.append(create('span', '', 'name'), create('span', '', 'points'))
  return node
}
