// Time, points, energy, what just happened, and the words in the middle of the screen.

import type { GameEvent } from '../net/events.ts'
import type { WorldView } from '../net/world-view.ts'
import { cssColour, type Profile } from '../profile.ts'
import { ranking, scoreOf } from '../rules/arena.ts'
import { SHIP_ENERGY } from '../rules/constants.ts'
import { create, element, setText } from './dom.ts'

const FEED_LINES = 5
const FEED_MS = 5_000
const BANNER_MS = 2_200

export class Hud {
  readonly #timer = element('timer', HTMLElement)
  readonly #score = element('score', HTMLElement)
  readonly #energy = element('energy', HTMLMeterElement)
  readonly #energyBar = element('energy-bar', HTMLElement)
  readonly #feed = element('feed', HTMLElement)
  readonly #banner = element('banner', HTMLElement)
  readonly #bannerTitle = element('banner-title', HTMLElement)
  readonly #bannerText = element('banner-text', HTMLElement)
  readonly #points = document.createTextNode('0')
  readonly #rank = create('small')
  readonly #selfId: number
  readonly #profileOf: (id: number) => Profile | undefined
  #bannerUntil = 0
  #killer: number | undefined

  constructor(selfId: number, profileOf: (id: number) => Profile | undefined) {
    this.#selfId = selfId
    this.#profileOf = profileOf
    this.#feed.replaceChildren()
    this.#score.replaceChildren(this.#points, this.#rank)
  }

  update({ arena, remaining, self, respawnIn }: WorldView, now: number): void {
    const left = Math.ceil(remaining)
    setText(this.#timer, `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`)
    this.#timer.toggleAttribute('data-hurry', arena.phase === 'play' && left <= 10)
    const points = String(scoreOf(arena, self.id).points)
    if (this.#points.data !== points) this.#points.data = points
    const rank = ranking(arena).findIndex((score) => score.id === self.id) + 1
    setText(this.#rank, rank > 0 && arena.scores.length > 1 ? `${ordinal(rank)}` : 'points')
    const energy = Math.ceil((self.energy / SHIP_ENERGY) * 100)
    if (this.#energy.value !== energy) {
      this.#energy.value = energy
      this.#energyBar.style.setProperty('--share', `${energy}%`)
    }
    if (!self.alive && arena.phase === 'play') {
      const by = this.#killer === undefined ? '' : ` by ${this.#name(this.#killer)}`
      this.#showBanner(`Destroyed${by}`, `Back in ${Math.ceil(respawnIn)}`, now, 300)
    }
    this.#banner.toggleAttribute('data-visible', now < this.#bannerUntil && arena.phase === 'play')
  }

  /** Words for what happened. */
  tell(event: GameEvent, now: number): void {
    switch (event.type) {
      case 'destroyed':
        if (event.victim === this.#selfId) this.#killer = event.by === this.#selfId ? undefined : event.by
        this.#addLine(this.#nameTag(event.by), create('span', ' destroyed ', 'verb'), this.#nameTag(event.victim))
        return
      case 'named':
        if (event.first) this.#addLine(this.#nameTag(event.id), ' is here')
        return
      case 'left':
        this.#addLine(`${event.name} left`)
        return
      case 'phase':
        if (event.phase === 'play')
          this.#showBanner(`Round ${event.round}`, 'Collect orbs, hunt the others', now, BANNER_MS)
    }
  }

  /** There is no game yet. To be called again and again. */
  wait(now: number): void {
    this.#showBanner('Connecting', 'Looking for the others', now, 500)
  }

  welcome(now: number): void {
    this.#showBanner('Welcome', 'Collect orbs, hunt the others', now, BANNER_MS + 600)
  }

  #showBanner(title: string, text: string, now: number, forMs: number): void {
    setText(this.#bannerTitle, title)
    setText(this.#bannerText, text)
    this.#bannerUntil = now + forMs
  }

  #addLine(...parts: (Node | string)[]): void {
    const line = create('li')
    line.append(...parts)
    this.#feed.append(line)
    while (this.#feed.childElementCount > FEED_LINES) this.#feed.firstElementChild?.remove()
    setTimeout(() => line.remove(), FEED_MS)
  }

  #nameTag(id: number): HTMLElement {
    const tag = create('b', this.#name(id))
    tag.style.setProperty('--colour', cssColour(this.#profileOf(id)?.colour ?? 0))
    return tag
  }

  #name(id: number): string {
    return this.#profileOf(id)?.name ?? `Pilot ${id % 1000}`
  }
}

/** 1st, 2nd, 3rd, 4th, … 11th, … 21st. */
export function ordinal(rank: number): string {
  const tens = rank % 100
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][rank % 10] ?? 'th')
  return `${rank}${suffix}`
}
