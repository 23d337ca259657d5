// A game in the page, from a joined room until it is left: the session, its picture, its controls and its panels.

import type { Room } from '../index.ts'
import { Controls } from './input/controls.ts'
import { isTyping } from './input/keyboard.ts'
import type { GameEvent } from './net/events.ts'
import { GameSession } from './net/session.ts'
import { besideNamesake, type Profile } from './profile.ts'
import { IDLE } from './rules/ship.ts'
import { Sound } from './sound.ts'
import { cleanText, NAME_LENGTH } from './text.ts'
import { Board } from './ui/board.ts'
import { Chat } from './ui/chat.ts'
import { ColourPicker } from './ui/colour-picker.ts'
import { element, setText } from './ui/dom.ts'
import { Hud } from './ui/hud.ts'
import { Minimap } from './ui/minimap.ts'
import { NetworkPanel } from './ui/network-panel.ts'
import { freshSeed, loadSound, saveProfile, saveSound } from './ui/settings.ts'
import { copy, toast } from './ui/toast.ts'
import type { GameRenderer } from './view/renderer.ts'

/** The list of ships and the board, ms. */
const LIST_MS = 200
const STATS_MS = 500
const MINIMAP_MS = 66
/** Of a phone held upright. */
const THUMBS_SHARE = 0.18

export interface GamePageOptions {
  readonly room: Room
  readonly profile: Profile
  readonly link: string
  readonly onProfile: (profile: Profile) => void
  readonly onLeave: () => void
}

export class GamePage {
  readonly #options: GamePageOptions
  readonly #abort = new AbortController()
  readonly #canvas = freshCanvas()
  readonly #session: GameSession
  readonly #sound: Sound
  readonly #hud: Hud
  readonly #chat: Chat
  readonly #board: Board
  readonly #network = new NetworkPanel()
  readonly #minimap = new Minimap()
  readonly #picker = new ColourPicker(element('menu-colours', HTMLElement))
  #controls: Controls | undefined
  #renderer: GameRenderer | undefined
  #lastFrame = 0
  #welcomed = false

  constructor(options: GamePageOptions) {
    this.#options = options
    const { room, profile } = options
    const { signal } = this.#abort
    this.#session = new GameSession({
      room,
      profile,
      seed: freshSeed(),
      control: () => this.#controls?.read() ?? IDLE,
    })
    this.#sound = new Sound(loadSound(), signal)
    const profileOf = (id: number) => this.#session.profileOf(id)
    this.#hud = new Hud(room.id, profileOf)
    this.#chat = new Chat((text) => this.#say(text), signal)
    this.#board = new Board({ selfId: room.id, profileOf, pingOf: (id) => this.#network.pings.get(id) })
    this.#session.on((event) => this.#onEvent(event))
    this.#every(STATS_MS, () => this.#updateStats())
    this.#every(LIST_MS, () => this.#updateLists())
    this.#every(MINIMAP_MS, () => document.hidden || this.#minimap.draw(this.#session.view()))
    this.#bindTools(signal)
    this.#bindMenu(signal)
    this.#bindKeys(signal)
    this.#updateLists()
    void this.#startPicture()
  }

  async #startPicture(): Promise<void> {
    try {
      // Loaded apart: the lobby is there before Pixi is.
      const { GameRenderer } = await import('./view/renderer.ts')
      const renderer = await GameRenderer.create(this.#canvas, this.#options.room.id)
      if (this.#abort.signal.aborted) return renderer.destroy()
      this.#renderer = renderer
    } catch (error) {
      console.error(error)
      toast('The arena cannot be drawn here. Reload the page, or try another browser.')
      return
    }
    const { camera } = this.#renderer
    const fitScreen = () => this.#renderer?.resize(window.innerWidth, window.innerHeight)
    window.addEventListener('resize', fitScreen, { signal: this.#abort.signal })
    fitScreen()
    this.#controls = new Controls({
      canvas: this.#canvas,
      shipOnScreen: () => {
        const { self } = this.#session.view()
        return { x: camera.screenX(self.x), y: camera.screenY(self.y) }
      },
    })
    this.#lastFrame = performance.now()
    const frame = (now: number) => {
      if (this.#abort.signal.aborted) return
      requestAnimationFrame(frame)
      const thumbs = document.body.hasAttribute('data-touch') && camera.height > camera.width
      camera.covered = thumbs ? camera.height * THUMBS_SHARE : 0
      this.#renderer?.render(this.#session.view(), now - this.#lastFrame)
      this.#lastFrame = now
    }
    requestAnimationFrame(frame)
  }

  #every(ms: number, action: () => void): void {
    const timer = setInterval(action, ms)
    this.#abort.signal.addEventListener('abort', () => clearInterval(timer))
  }

  #updateLists(): void {
    const view = this.#session.view()
    const now = performance.now()
    if (!this.#session.ready) this.#hud.wait(now)
    else if (!this.#welcomed) this.#hud.welcome(now)
    this.#welcomed ||= this.#session.ready
    this.#board.update(view)
    this.#hud.update(view, now)
  }

  #updateStats(): void {
    const { room } = this.#options
    const peers = room.peers.map((id) => ({
      id,
      profile: this.#session.profileOf(id),
      stats: room.stats(id),
      isReferee: id === this.#session.refereeId,
    }))
    this.#network.update(peers, performance.now())
  }

  #onEvent(event: GameEvent): void {
    this.#renderer?.show(event)
    this.#hud.tell(event, performance.now())
    this.#sound.play(event, this.#renderer?.camera ?? { x: 0, y: 0 }, this.#session.id)
    if (event.type === 'chat') this.#chat.add(event.from, this.#session.profileOf(event.from), event.text)
    if (event.type === 'named' && event.id !== this.#session.id) this.#avoidNamesake()
    if (event.type === 'outdated')
      toast('A player uses another version of the game. Reload the page if things look odd.')
  }

  /** For this game only: what the browser remembers stays as it is. */
  #avoidNamesake(): void {
    const { id, profile, players } = this.#session
    const other = besideNamesake(profile, id, players)
    if (other) this.#session.setProfile(other)
  }

  #say(text: string): boolean {
    const said = this.#session.chat(text)
    if (!said) toast('Not so fast.')
    return said
  }

  #bindTools(signal: AbortSignal): void {
    const onClick = (id: string, action: () => void) =>
      element(id, HTMLElement).addEventListener('click', action, { signal })
    onClick('tool-share', () => void copy(this.#options.link, 'Link copied. Send it to a friend!'))
    onClick('tool-chat', () => {
      this.#chat.open = !this.#chat.open
    })
    onClick('tool-network', () => this.#toggleNetwork())
    onClick('network-close', () => this.#toggleNetwork())
    onClick('tool-menu', () => this.#toggleMenu())
    onClick('menu-close', () => this.#toggleMenu())
    onClick('score', () => this.#toggleBoard(!this.#board.wanted))
    onClick('menu-leave', () => this.#options.onLeave())
  }

  #bindMenu(signal: AbortSignal): void {
    setText(element('menu-code', HTMLElement), this.#options.room.code)
    element('menu', HTMLElement).hidden = true
    element('menu-form', HTMLFormElement).addEventListener(
      'submit',
      (event) => {
        event.preventDefault()
        const name = cleanText(element('menu-name', HTMLInputElement).value, NAME_LENGTH)
        if (name === '') return
        const profile = { ...this.#session.profile, name, colour: this.#picker.value }
        this.#session.setProfile(profile)
        saveProfile(profile)
        this.#options.onProfile(profile)
        this.#toggleMenu()
      },
      { signal },
    )
    const sound = element('menu-sound', HTMLInputElement)
    sound.checked = this.#sound.enabled
    sound.addEventListener('change', () => this.#setSound(sound.checked), { signal })
  }

  #bindKeys(signal: AbortSignal): void {
    window.addEventListener(
      'keydown',
      (event) => {
        if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
        switch (event.code) {
          case 'Enter':
          case 'KeyT':
            this.#chat.open = true
            break
          case 'KeyN':
            this.#toggleNetwork()
            break
          case 'KeyM':
            this.#setSound(!this.#sound.enabled)
            toast(this.#sound.enabled ? 'Sound on' : 'Sound off')
            break
          case 'Tab':
            // Only from the arena itself: between buttons, Tab goes on to the next one.
            if (document.activeElement !== document.body) return
            this.#toggleBoard(!this.#board.wanted)
            break
          case 'Escape':
            element('menu', HTMLElement).hidden = true
            this.#network.visible = false
            this.#toggleBoard(false)
            break
          default:
            return
        }
        event.preventDefault()
      },
      { signal },
    )
  }

  #setSound(on: boolean): void {
    this.#sound.enabled = on
    element('menu-sound', HTMLInputElement).checked = on
    saveSound(on)
  }

  #toggleNetwork(): void {
    this.#network.visible = !this.#network.visible
    if (this.#network.visible) element('menu', HTMLElement).hidden = true
    this.#updateStats()
  }

  #toggleMenu(): void {
    const menu = element('menu', HTMLElement)
    menu.hidden = !menu.hidden
    element('tool-menu', HTMLElement).setAttribute('aria-expanded', String(!menu.hidden))
    if (menu.hidden) return
    this.#network.visible = false
    element('menu-name', HTMLInputElement).value = this.#session.profile.name
    this.#picker.value = this.#session.profile.colour
  }

  #toggleBoard(wanted: boolean): void {
    this.#board.wanted = wanted
    this.#updateLists()
  }

  /** Ends the game in the page; the last picture stays. The room is the caller's. */
  dispose(): void {
    this.#abort.abort()
    this.#controls?.dispose()
    this.#session.dispose()
    this.#renderer?.destroy()
  }
}

/** A canvas whose WebGL context was given back cannot be used again: each game gets one of its own. */
function freshCanvas(): HTMLCanvasElement {
  const old = element('view', HTMLCanvasElement)
  const fresh = old.cloneNode() as HTMLCanvasElement
  old.replaceWith(fresh)
  return fresh
}
